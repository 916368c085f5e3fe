import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** BOOTSTRAP TOPIC TRANSACTIONS RECORDS SIZE: commit so many transactions of so many records. */
public class Transactions {
    public static void main(String[] args) {
        String topic = args[1];
        int transactions = Integer.parseInt(args[2]);
        int records = Integer.parseInt(args[3]);
        byte[] value = new byte[Integer.parseInt(args[4])];
        Arrays.fill(value, "x".getBytes(StandardCharsets.US_ASCII)[0]);
        Properties config = new Properties();
        config.put("bootstrap.servers", args[0]);
        config.put("transactional.id", topic);
        ByteArraySerializer bytes = new ByteArraySerializer();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, bytes, bytes)) {
            producer.initTransactions();
            commit(producer, topic, value, records, transactions / 10 + 1); // warms up
            long begin = System.nanoTime();
            commit(producer, topic, value, records, transactions);
            double seconds = (System.nanoTime() - begin) / 1e9;
            System.out.println("transactions/s " + transactions / seconds);
        }
    }

    private static void commit(
            KafkaProducer<byte[], byte[]> producer,
            String topic,
            byte[] value,
            int records,
            int transactions) {
        for (int i = 0; i < transactions; i++) {
            producer.beginTransaction();
            for (int j = 0; j < records; j++) {
                producer.send(new ProducerRecord<>(topic, value));
            }
            producer.commitTransaction();
        }
    }
}
