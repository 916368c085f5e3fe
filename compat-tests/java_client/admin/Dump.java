import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Tells what a result says by all its accessors, in maps, lists, numbers and strings. What differs
 * from run to run is told by its kind: names begin with T, ids are {@code uuid}, times and sizes
 * {@code long}; an exception by its class.
 */
final class Dump {
    private static final Set<String> VARYING = Set.of("clusterId", "consumerId",
        "coordinatorEpoch", "documentation", "lastTimestamp", "producerId", "size", "totalBytes",
        "transactionStartTimeMs", "usableBytes");
    private static final Set<String> NO_ACCESSORS =
        Set.of("getClass", "hashCode", "notify", "notifyAll", "toString", "wait");

    private final String name;

    /** The name of the run, which those of its topics and groups begin with. */
    Dump(String name) {
        this.name = name;
    }

    /** What a result says; accessors that ask for something are called with each of these. */
    Object of(Object value, Object... asked) {
        if (value instanceof Optional) {
            return of(((Optional<?>) value).orElse(null), asked);
        } else if (value instanceof OptionalLong) {
            OptionalLong found = (OptionalLong) value;
            return found.isPresent() ? found.getAsLong() : null;
        } else if (value instanceof OptionalInt) {
            OptionalInt found = (OptionalInt) value;
            return found.isPresent() ? found.getAsInt() : null;
        } else if (value instanceof KafkaFuture) {
            return awaited((KafkaFuture<?>) value, asked);
        } else if (value instanceof Map) {
            Map<String, Object> sorted = new TreeMap<>();
            ((Map<?, ?>) value).forEach((key, found) -> sorted.put("" + plain(key), of(found)));
            return sorted;
        } else if (value instanceof Collection) {
            return list((Collection<?>) value);
        }
        Object plain = plain(value);
        return plain == value && isOfKafka(value) ? accessors(value, asked) : plain;
    }

    private static boolean isOfKafka(Object value) {
        return value != null && value.getClass().getName().startsWith("org.apache.kafka.");
    }

    /** A set has no order, so that its elements are sorted; a list keeps its own. */
    private List<Object> list(Collection<?> value) {
        List<Object> all = new ArrayList<>();
        value.forEach(element -> all.add(of(element)));
        if (!(value instanceof List)) {
            all.sort(Comparator.comparing(Json::of));
        }
        return all;
    }

    private Object awaited(KafkaFuture<?> future, Object... asked) {
        try {
            return of(future.get(60, TimeUnit.SECONDS), asked);
        } catch (ExecutionException error) {
            return plain(error.getCause());
        } catch (Exception error) {
            return plain(error);
        }
    }

    /** What is told in a word; whatever is not is given back as it is. */
    private Object plain(Object value) {
        if (value instanceof Throwable) {
            return "! " + value.getClass().getSimpleName();
        } else if (value instanceof Node) {
            return "node";
        } else if (value instanceof Uuid) {
            return value.equals(Uuid.ZERO_UUID) ? "none" : "uuid";
        } else if (value instanceof ConfigResource) {
            ConfigResource resource = (ConfigResource) value;
            return resource.type() + " " + resource.name().replace(name, "T");
        } else if (value instanceof Enum || value instanceof String || !isOfKafka(value)) {
            return value instanceof Number || value instanceof Boolean || value == null
                ? value : value.toString().replace(name, "T");
        }
        String text = value.toString(); // TopicPartition and the like
        return text.contains("(") || text.contains("{") || text.contains("@")
            ? value : text.replace(name, "T");
    }

    private Map<String, Object> accessors(Object value, Object... asked) {
        Map<String, Object> all = new TreeMap<>();
        for (Method method : value.getClass().getMethods()) {
            if (Modifier.isStatic(method.getModifiers())
                    || NO_ACCESSORS.contains(method.getName())) {
                continue;
            }
            if (method.getParameterCount() == 0) {
                all.put(method.getName(), called(method, value));
            } else if (method.getParameterCount() == 1) {
                Arrays.stream(asked)
                    .filter(it -> method.getParameterTypes()[0].isInstance(it))
                    .filter(it -> !method.getName().equals("equals"))
                    .forEach(it -> all.put(
                        method.getName() + "(" + plain(it) + ")", called(method, value, it)));
            }
        }
        return all;
    }

    private Object called(Method method, Object value, Object... arguments) {
        try {
            method.setAccessible(true); // public, of a class that is not
            Object seen = of(method.invoke(value, arguments));
            boolean varies = VARYING.contains(method.getName()) && seen != null
                && !seen.toString().startsWith("!") && !seen.equals(-1L);
            return varies ? seen.getClass().getSimpleName().toLowerCase() : seen;
        } catch (java.lang.reflect.InvocationTargetException error) {
            return plain(error.getCause());
        } catch (IllegalAccessException error) {
            throw new IllegalStateException(error);
        }
    }
}
