import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;

/** There is no client for administration yet, but its requests are there. */
final class ThisCluster extends Offsets {
    private static final int TIMEOUT_MS = 30_000;

    ThisCluster(Stage stage) {
        super(stage);
    }

    private ByteBuffer ask(AbstractRequest.Builder<?> request) throws Exception {
        AbstractRequest built = request.build();
        return Wire.ask(stage.bootstrap, AbstractRequest.serialize(
            Wire.header(request.apiKey().id, built.version()), built));
    }

    private static void check(Errors error) throws ExecutionException {
        if (error != Errors.NONE) {
            throw new ExecutionException(error.exception());
        }
    }

    @Override
    public void create(String topic, int partitions, Map<String, String> configs)
            throws Exception {
        CreateTopicsRequest.TopicDetails details =
            new CreateTopicsRequest.TopicDetails(partitions, (short) 1, configs);
        ByteBuffer answer = ask(new CreateTopicsRequest.Builder(
            Collections.singletonMap(topic, details), TIMEOUT_MS));
        check(CreateTopicsResponse.parse(answer).errors().get(topic).error());
    }

    @Override
    public void delete(String topic) throws Exception {
        ByteBuffer answer =
            ask(new DeleteTopicsRequest.Builder(Collections.singleton(topic), TIMEOUT_MS));
        check(DeleteTopicsResponse.parse(answer).errors().get(topic));
    }

    @Override
    public Set<String> topics() {
        return consumer.listTopics().keySet();
    }

    @Override
    public int partitions(String topic) {
        return consumer.partitionsFor(topic).size();
    }

    private MetadataResponse metadata() throws Exception {
        return MetadataResponse.parse(ask(MetadataRequest.Builder.allTopics()));
    }

    @Override
    public int brokers() throws Exception {
        return metadata().brokers().size();
    }

    @Override
    public boolean controllerIsBroker() throws Exception {
        MetadataResponse found = metadata();
        return found.brokers().contains(found.controller());
    }
}
