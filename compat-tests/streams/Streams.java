import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;

/**
 * An application of Kafka Streams with exactly-once semantics, until it is killed:
 * {@code Streams BOOTSTRAP word-count|join NAME STATE-DIRECTORY}. Its topics are named after NAME.
 */
public final class Streams {
    /** Values of one key are joined when their times are at most so far apart. */
    private static final Duration WINDOW = Duration.ofSeconds(10);

    private Streams() {}

    public static void main(String[] words) {
        String name = words[2];
        StreamsBuilder builder = new StreamsBuilder();
        if (words[1].equals("join")) {
            join(builder, name);
        } else {
            countWords(builder, name);
        }
        Topology topology = builder.build();
        KafkaStreams streams = new KafkaStreams(topology, options(words[0], name, words[3]));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        streams.start();
    }

    /** Each word that comes in goes out with the number of times that it has come. */
    private static void countWords(StreamsBuilder builder, String name) {
        KStream<String, String> lines = builder.stream(name + "-lines");
        lines.flatMapValues(line -> Arrays.asList(line.split(" ")))
            .groupBy((key, word) -> word)
            .count()
            .toStream()
            .mapValues(count -> Long.toString(count))
            .to(name + "-counts");
    }

    private static void join(StreamsBuilder builder, String name) {
        KStream<String, String> left = builder.stream(name + "-left");
        KStream<String, String> right = builder.stream(name + "-right");
        left.join(right, (one, other) -> one + "+" + other,
                JoinWindows.ofTimeDifferenceAndGrace(WINDOW, Duration.ofHours(1)))
            .to(name + "-joined");
    }

    private static Properties options(String bootstrap, String name, String directory) {
        Properties options = new Properties();
        options.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
        options.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        options.put(StreamsConfig.STATE_DIR_CONFIG, directory);
        options.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        options.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        options.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        options.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        options.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        // No cache, so that every change of a count goes out.
        options.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        // Who is killed is missed soon, and small polls make for many transactions.
        options.put(StreamsConfig.consumerPrefix("session.timeout.ms"), 6000);
        options.put(StreamsConfig.consumerPrefix("heartbeat.interval.ms"), 500);
        options.put(StreamsConfig.consumerPrefix("max.poll.records"), 50);
        options.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        options.put(StreamsConfig.producerPrefix("transaction.timeout.ms"), 5000);
        return options;
    }
}
