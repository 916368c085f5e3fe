import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Writes what the Java client makes of every message that a broker's listener knows: one line of
 * JSON for each message, version and variant, with the fields and their bytes.
 *
 * <p>Arguments: the folder to write messages-RELEASE.jsonl.gz to and, for an older release, the
 * file of a newer one. Then only the versions that the newer release dropped are written.
 */
public final class MessageVectors {
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(JsonParser.Feature.ALLOW_COMMENTS);
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String DATA = "org.apache.kafka.common.message.";

    /** What a message is filled with; all of it is a function of a field's path. */
    private enum Variant {
        /** Everything is set, to values of all sizes; arrays have two elements. */
        FILLED,
        /** What may be null is; the rest is empty or least; arrays have one element. */
        NULLS_0,
        /** The same below one nullable struct, or array of structs; integers are greatest. */
        NULLS_1,
        /** The same below two of them; integers are least. */
        NULLS_2,
        /** Fields have their defaults, but each array of structs has one element. */
        DEFAULTS
    }

    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[0], "messages-" + AppInfoParser.getVersion() + ".jsonl.gz");
        boolean newest = args.length == 1;
        Set<String> known = newest ? Set.of() : knownVersions(Path.of(args[1]));
        Set<String> names = new HashSet<>();
        known.forEach(version -> names.add(version.split(" ")[0]));
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            for (ApiMessageType type : ApiMessageType.values()) {
                if (!type.listeners().contains(ListenerType.BROKER)) continue;
                // What was unstable in an older release never became part of the protocol.
                short last = type.highestSupportedVersion(newest);
                for (Message message : List.of(type.newRequest(), type.newResponse())) {
                    String name = nameOf(message);
                    if (!newest && !names.contains(name)) continue;
                    short first = message.lowestSupportedVersion();
                    for (short version = first; version <= last; version++) {
                        if (!known.contains(name + " " + version)) write(out, name, version);
                    }
                }
            }
            if (newest) {
                for (short version : new short[] {1, 2}) write(out, "RequestHeader", version);
                for (short version : new short[] {0, 1}) write(out, "ResponseHeader", version);
            }
        }
    }

    private static String nameOf(Message message) {
        return message.getClass().getSimpleName().replaceFirst("Data$", "");
    }

    private static Set<String> knownVersions(Path file) throws Exception {
        Set<String> known = new HashSet<>();
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file));
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode vector = JSON.readTree(line);
                known.add(vector.get("message").asText() + " " + vector.get("version"));
            }
        }
        return known;
    }

    private static void write(OutputStream out, String name, short version) throws Exception {
        for (Variant variant : Variant.values()) {
            JsonNode fields = new Filler(name, version, variant).fields();
            Class<?> converter = Class.forName(DATA + name + "DataJsonConverter");
            Message message =
                    (Message) converter.getMethod("read", JsonNode.class, short.class)
                            .invoke(null, fields, version);
            byte[] bytes = serialize(message, version);
            check(converter, message, fields, bytes, version);
            ObjectNode line = NODES.objectNode();
            line.put("message", name);
            line.put("version", version);
            line.put("variant", variant.name().toLowerCase(Locale.ROOT));
            line.set("fields", fields);
            line.put("bytes", bytes);
            out.write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    private static byte[] serialize(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        byte[] bytes = new byte[message.size(cache, version)];
        message.write(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), cache, version);
        return bytes;
    }

    /** Makes sure that nothing that was asked for got lost on the way into the bytes. */
    private static void check(
            Class<?> converter, Message message, JsonNode fields, byte[] bytes, short version)
            throws Exception {
        Message again = message.getClass().getConstructor().newInstance();
        ByteBufferAccessor in = new ByteBufferAccessor(ByteBuffer.wrap(bytes));
        again.read(in, version);
        JsonNode shown =
                (JsonNode) converter.getMethod("write", message.getClass(), short.class)
                        .invoke(null, again, version);
        if (in.remaining() > 0 || !again.equals(message) || !holds(fields, shown)) {
            throw new IllegalStateException(nameOf(message) + " v" + version + ": " + shown);
        }
    }

    /** Compares, apart from tagged fields with default values and from the content of records. */
    private static boolean holds(JsonNode fields, JsonNode shown) {
        if (!shown.isContainerNode()) return fields.asText().equals(shown.asText());
        if (shown.isArray() && shown.size() != fields.size()) return false;
        for (int i = 0; shown.isArray() && i < shown.size(); i++) {
            if (!holds(fields.get(i), shown.get(i))) return false;
        }
        for (Map.Entry<String, JsonNode> entry : shown.properties()) {
            JsonNode field = fields.get(entry.getKey());
            boolean equal = entry.getKey().equals("records")
                    ? field.isNull() == entry.getValue().isNull()
                    : holds(field, entry.getValue());
            if (!equal) return false;
        }
        return true;
    }

    /** Invents the fields of one message from its definition in the jar. */
    private static final class Filler {
        private final String name;
        private final short version;
        private final Variant variant;
        private final boolean withNulls;
        private final JsonNode definition;
        private final Map<String, JsonNode> structs = new HashMap<>();

        Filler(String name, short version, Variant variant) throws Exception {
            this.name = name;
            this.version = version;
            this.variant = variant;
            withNulls = variant.name().startsWith("NULLS");
            String resource = "/common/message/" + name + ".json";
            try (InputStream in = Message.class.getResourceAsStream(resource)) {
                definition = JSON.readTree(in);
            }
            for (JsonNode struct : definition.path("commonStructs")) {
                structs.put(struct.get("name").asText(), struct.get("fields"));
            }
        }

        JsonNode fields() {
            int enter = variant.ordinal() - Variant.NULLS_0.ordinal();
            return struct(definition.get("fields"), name, enter);
        }

        /** Fills a struct; where nulls are wanted, {@code enter} nullable ones are not yet null. */
        private ObjectNode struct(JsonNode declared, String path, int enter) {
            ObjectNode struct = NODES.objectNode();
            for (JsonNode field : declared) {
                if (!covers(field.path("versions").asText("none"))) continue;
                String title = field.get("name").asText();
                String key = Character.toLowerCase(title.charAt(0)) + title.substring(1);
                JsonNode value = value(field, path + "." + key, enter);
                if (value != null) struct.set(key, value);
            }
            return struct;
        }

        /** Gives the value of a field; null leaves a tagged field out. */
        private JsonNode value(JsonNode field, String path, int enter) {
            boolean nullable = covers(field.path("nullableVersions").asText("none"));
            boolean tagged = covers(field.path("taggedVersions").asText("none"));
            String type = field.get("type").asText();
            boolean array = type.startsWith("[]");
            String element = array ? type.substring(2) : type;
            JsonNode inner = field.has("fields") ? field.get("fields") : structs.get(element);
            if (withNulls && (inner == null || enter == 0)) {
                if (nullable) return NODES.nullNode();
                if (tagged) return null;
            }
            int left = nullable ? enter - 1 : enter;
            if (variant == Variant.DEFAULTS && inner == null) {
                // Records are the one type that is null wherever it can be.
                if (type.equals("records") && nullable) return NODES.nullNode();
                return defaultValue(element, array, field.path("default").asText());
            }
            if (!array) return inner == null ? scalar(type, path) : struct(inner, path, left);
            ArrayNode elements = NODES.arrayNode();
            for (int i = 0; i < length(inner == null, path); i++) {
                String place = path + "." + i;
                elements.add(inner == null ? scalar(element, place) : struct(inner, place, left));
            }
            return elements;
        }

        private int length(boolean scalars, String path) {
            if (variant != Variant.FILLED) return 1;
            // Every eighth array has a length that takes two bytes as an unsigned varint.
            Random random = random(path);
            return scalars && random.nextInt(8) == 0 ? 126 + random.nextInt(4) : 2;
        }

        private boolean covers(String versions) {
            if (versions.equals("none")) return false;
            String[] ends = versions.replace("+", "-" + Short.MAX_VALUE).split("-");
            return Short.parseShort(ends[0]) <= version
                    && version <= Short.parseShort(ends[ends.length - 1]);
        }

        private Random random(String path) {
            return new Random(path.hashCode() * 31L + variant.ordinal());
        }

        private JsonNode scalar(String type, String path) {
            Random random = random(path);
            boolean extreme = withNulls;
            boolean least = variant != Variant.NULLS_1;
            switch (type) {
                case "int8": return integer(random, Byte.MIN_VALUE, Byte.MAX_VALUE);
                case "int16": return integer(random, Short.MIN_VALUE, Short.MAX_VALUE);
                case "uint16": return integer(random, 0, 0xFFFF);
                case "int32": return integer(random, Integer.MIN_VALUE, Integer.MAX_VALUE);
                case "uint32": return integer(random, 0, 0xFFFFFFFFL);
                case "int64": return integer(random, Long.MIN_VALUE, Long.MAX_VALUE);
                case "float64":
                    double limit = least ? -Double.MAX_VALUE : Double.MIN_VALUE;
                    return NODES.numberNode(extreme ? limit : random.nextDouble());
                case "bool": return NODES.booleanNode(!extreme || !least);
                case "uuid":
                    Uuid uuid = new Uuid(extreme ? -1 : random.nextLong(), random.nextLong());
                    return NODES.textNode(uuid.toString());
                case "string": return NODES.textNode(extreme ? "" : text(random));
                case "bytes":
                case "records":
                    byte[] bytes = new byte[extreme ? 0 : size(random)];
                    random.nextBytes(bytes);
                    return BinaryNode.valueOf(bytes);
                default: throw new IllegalArgumentException(path + " has the type " + type);
            }
        }

        private JsonNode integer(Random random, long least, long greatest) {
            if (withNulls) return NODES.numberNode(variant == Variant.NULLS_1 ? greatest : least);
            long value = random.nextLong() >> random.nextInt(48);
            return NODES.numberNode(greatest == Long.MAX_VALUE
                    ? value
                    : least + Math.floorMod(value - least, greatest - least + 1));
        }

        /** Gives a size; every eighth takes two bytes as an unsigned varint, or nearly. */
        private int size(Random random) {
            return random.nextInt(8) == 0 ? 126 + random.nextInt(4) : 1 + random.nextInt(12);
        }

        private String text(Random random) {
            String alphabet = "abcdefghijklmnopqrstuvwxyz-_.0123456789\u00e9\u65e5\ud83d\ude00";
            int[] letters = alphabet.codePoints().toArray();
            StringBuilder text = new StringBuilder();
            for (int size = size(random); size > 0; size--) {
                text.appendCodePoint(letters[random.nextInt(letters.length)]);
            }
            return text.toString();
        }

        private JsonNode defaultValue(String type, boolean array, String text) {
            if (text.equals("null")) return NODES.nullNode();
            if (array) return NODES.arrayNode();
            switch (type) {
                case "bool": return NODES.booleanNode(Boolean.parseBoolean(text));
                case "float64":
                    return NODES.numberNode(text.isEmpty() ? 0 : Double.parseDouble(text));
                case "uuid": return NODES.textNode(Uuid.ZERO_UUID.toString());
                case "string": return NODES.textNode(text);
                case "bytes":
                case "records": return BinaryNode.valueOf(new byte[0]);
                default: return NODES.numberNode(text.isBlank() ? 0 : Long.decode(text.strip()));
            }
        }
    }
}
