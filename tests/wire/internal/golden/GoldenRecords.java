// Fills in, or renews, the bytes of the vectors beside it with Kafka's own serializers.
//
//     java -cp "$KAFKA_HOME/libs/*" GoldenRecords.java *.json
//
// A vector names a message, a version and its fields; "bytes" is what Kafka 4.3.1 writes for it,
// with the type or version in front where there is one. errors.json is written from scratch.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

public class GoldenRecords {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String[] PACKAGES = {
        "org.apache.kafka.common.message",
        "org.apache.kafka.common.metadata",
        "org.apache.kafka.coordinator.group.generated",
        "org.apache.kafka.coordinator.transaction.generated",
        "org.apache.kafka.coordinator.share.generated",
    };

    public static void main(String[] paths) throws Exception {
        for (String path : paths) {
            File file = new File(path);
            List<String> lines = file.getName().equals("errors.json") ? errors() : vectors(file);
            Files.writeString(file.toPath(), "[\n" + String.join(",\n", lines) + "\n]\n");
        }
    }

    static List<String> errors() throws Exception {
        List<String> lines = new ArrayList<>();
        for (Errors error : Errors.values()) {
            boolean retriable = error.exception() instanceof RetriableException;
            Object[] row = {error.code(), error.name(), retriable};
            lines.add(JSON.writeValueAsString(row));
        }
        return lines;
    }

    static List<String> vectors(File file) throws Exception {
        List<String> lines = new ArrayList<>();
        for (JsonNode vector : JSON.readTree(file)) {
            short version = vector.get("version").shortValue();
            Class<?> converter = find(vector.get("message").textValue() + "JsonConverter");
            Message message = (Message) converter.getMethod("read", JsonNode.class, short.class)
                .invoke(null, vector.get("fields"), version);
            byte[] bytes = serialize(message, version);
            ((ObjectNode) vector).put("bytes", HexFormat.of().formatHex(bytes));
            lines.add(JSON.writeValueAsString(vector));
        }
        return lines;
    }

    static Class<?> find(String name) throws ClassNotFoundException {
        for (String parent : PACKAGES) {
            try {
                return Class.forName(parent + "." + name);
            } catch (ClassNotFoundException e) {
                continue;
            }
        }
        throw new ClassNotFoundException(name);
    }

    static byte[] serialize(Message message, short version) {
        String name = message.getClass().getName();
        if (name.startsWith("org.apache.kafka.common.metadata.")) {
            MetadataRecordSerde serde = MetadataRecordSerde.INSTANCE;
            ApiMessageAndVersion record = new ApiMessageAndVersion((ApiMessage) message, version);
            ObjectSerializationCache cache = new ObjectSerializationCache();
            ByteBuffer buffer = ByteBuffer.allocate(serde.recordSize(record, cache));
            serde.write(record, cache, new ByteBufferAccessor(buffer));
            return buffer.array();
        }
        if (name.contains(".coordinator.") && name.endsWith("Key")) {
            return MessageUtil.toCoordinatorTypePrefixedBytes((ApiMessage) message);
        }
        if (name.contains(".coordinator.") || name.contains(".ConsumerProtocol")) {
            return MessageUtil.toVersionPrefixedBytes(version, message);
        }
        return MessageUtil.byteBufferToArray(MessageUtil.toByteBufferAccessor(message, version).buffer());
    }
}
