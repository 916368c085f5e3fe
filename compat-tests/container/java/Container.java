import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.kafka.ConfluentKafkaContainer;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/** Starts an image as what one class of Testcontainers expects, and sends a record through it. */
public class Container {
    public static void main(String[] arguments) throws Exception {
        DockerImageName image = DockerImageName.parse(arguments[0]);
        switch (arguments[1]) {
            case "apache" -> {
                try (var kafka = new KafkaContainer(image.asCompatibleSubstituteFor("apache/kafka"))) {
                    kafka.start();
                    roundTrip(kafka.getBootstrapServers());
                }
            }
            case "confluent" -> {
                var name = image.asCompatibleSubstituteFor("confluentinc/cp-kafka");
                try (var kafka = new ConfluentKafkaContainer(name)) {
                    kafka.start();
                    roundTrip(kafka.getBootstrapServers());
                }
            }
            default -> {
                var name = image.asCompatibleSubstituteFor("confluentinc/cp-kafka");
                try (var kafka = new org.testcontainers.containers.KafkaContainer(name)) {
                    kafka.start();
                    roundTrip(kafka.getBootstrapServers());
                }
            }
        }
    }

    private static void roundTrip(String bootstrap) throws Exception {
        Map<String, Object> producing = Map.of("bootstrap.servers", bootstrap);
        var text = new StringSerializer();
        try (var producer = new KafkaProducer<>(producing, text, text)) {
            producer.send(new ProducerRecord<>("greetings", "hello")).get();
        }
        Map<String, Object> consuming =
            Map.of("bootstrap.servers", bootstrap, "group.id", "g", "auto.offset.reset", "earliest");
        var read = new StringDeserializer();
        try (var consumer = new KafkaConsumer<>(consuming, read, read)) {
            consumer.subscribe(List.of("greetings"));
            for (int tries = 0; tries < 30; tries++) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                    System.out.println(record.value());
                    return;
                }
            }
        }
        throw new IllegalStateException("no record came");
    }
}
