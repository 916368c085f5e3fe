import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeProducersOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

/** A transaction that is open, and what ends it from outside. */
final class TransactionMethods {
    private final AdminMethods run;
    private final Admin admin;
    private final String id;
    private final TopicPartition partition;

    TransactionMethods(AdminMethods run) {
        this.run = run;
        this.admin = run.admin;
        this.id = run.name("id");
        this.partition = new TopicPartition(run.name("transactional"), 0);
    }

    void play() throws Exception {
        admin.createTopics(List.of(new NewTopic(partition.topic(), 1, (short) 1))).all().get();
        AdminMethods.until(
            () -> admin.listTopics().names().get().contains(partition.topic()), "the topic");
        begin();
        begin(); // which ends the transaction of the first, and fences it
        look();
        abort();
        begin();
        fence();
        begin();
        terminate();
    }

    /** Leaves a transaction open, as one who died. */
    private void begin() throws Exception {
        Properties options = run.options();
        options.putAll(Map.of("transactional.id", id, "transaction.timeout.ms", "70000"));
        StringSerializer text = new StringSerializer();
        KafkaProducer<String, String> producer = new KafkaProducer<>(options, text, text);
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(partition.topic(), 0, "k", "v")).get();
    }

    private ProducerState open() throws Exception {
        return admin.describeProducers(List.of(partition)).partitionResult(partition).get()
            .activeProducers().get(0);
    }

    private void seeListed(String what, ListTransactionsOptions options) throws Exception {
        run.see("listTransactions: " + what, () -> admin.listTransactions(options).all().get()
            .stream().filter(it -> it.transactionalId().equals(id)).collect(Collectors.toList()));
    }

    private void look() throws Exception {
        TopicPartition none = new TopicPartition(run.name("no"), 0);
        run.see("describeProducers", () -> admin.describeProducers(
            List.of(partition), new DescribeProducersOptions().brokerId(run.broker)), partition);
        run.see("describeProducers: unknown", () -> admin.describeProducers(List.of(none),
            new DescribeProducersOptions().timeoutMs(3000)), none);
        run.see("describeTransactions",
            () -> admin.describeTransactions(List.of(id, run.name("no"))), id, run.name("no"));
        long producer = open().producerId();
        seeListed("all", new ListTransactionsOptions());
        seeListed("ongoing",
            new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING)));
        seeListed("aborted", new ListTransactionsOptions().filterStates(
            Set.of(TransactionState.COMPLETE_ABORT)));
        seeListed("of the producer",
            new ListTransactionsOptions().filterProducerIds(Set.of(producer)));
        seeListed("of another producer",
            new ListTransactionsOptions().filterProducerIds(Set.of(producer + 999)));
        seeListed("that are old", new ListTransactionsOptions().filterOnDuration(3_600_000));
        seeListed("by a pattern",
            new ListTransactionsOptions().filterOnTransactionalIdPattern(run.name + ".*"));
        seeListed("by another pattern",
            new ListTransactionsOptions().filterOnTransactionalIdPattern("no.*"));
        run.see("listTransactions: by no pattern at all", () -> admin.listTransactions(
            new ListTransactionsOptions().filterOnTransactionalIdPattern("(")).all());
        run.see("listTransactions: by broker",
            () -> admin.listTransactions().allByBrokerId().get().keySet().contains(run.broker));
    }

    private void abort() throws Exception {
        ProducerState open = open();
        short epoch = (short) open.producerEpoch();
        run.see("abortTransaction: no epoch", () -> admin.abortTransaction(
            new AbortTransactionSpec(partition, open.producerId(), (short) -1, 0)));
        run.see("abortTransaction: an older epoch", () -> admin.abortTransaction(
            new AbortTransactionSpec(partition, open.producerId(), (short) (epoch - 1), -1)));
        run.see("abortTransaction", () -> admin.abortTransaction(new AbortTransactionSpec(
            partition, open.producerId(), epoch, open.coordinatorEpoch().orElse(0))));
        run.see("abortTransaction: what the partition knows then",
            () -> admin.describeProducers(List.of(partition)), partition);
    }

    private void fence() throws Exception {
        run.see("fenceProducers", () -> admin.fenceProducers(List.of(id)), id);
        AdminMethods.until(this::ended, "the abort");
        run.see("fenceProducers: one that never was",
            () -> admin.fenceProducers(List.of(run.name("new"))), run.name("new"));
        run.see("describeTransactions: when it is fenced",
            () -> admin.describeTransactions(List.of(id)), id);
    }

    private boolean ended() throws Exception {
        return Set.of(TransactionState.COMPLETE_ABORT, TransactionState.EMPTY)
            .contains(admin.describeTransactions(List.of(id)).description(id).get().state());
    }

    private void terminate() throws Exception {
        run.see("forceTerminateTransaction", () -> admin.forceTerminateTransaction(id));
        AdminMethods.until(this::ended, "the abort");
        run.see("forceTerminateTransaction: when there is none",
            () -> admin.forceTerminateTransaction(run.name("never")));
    }
}
