import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes what was seen: maps, collections, strings, numbers, booleans and null. */
final class Json {
    private Json() {}

    static String of(Object value) {
        if (value instanceof Map) {
            return ((Map<?, ?>) value).entrySet().stream()
                .map(entry -> text("" + entry.getKey()) + ": " + of(entry.getValue()))
                .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value instanceof Collection) {
            return ((Collection<?>) value).stream()
                .map(Json::of)
                .collect(Collectors.joining(", ", "[", "]"));
        }
        boolean bare = value == null || value instanceof Number || value instanceof Boolean;
        return bare ? "" + value : text("" + value);
    }

    private static String text(String value) {
        StringBuilder out = new StringBuilder("\"");
        for (char sign : value.toCharArray()) {
            boolean plain = sign >= ' ' && sign != '"' && sign != '\\';
            out.append(plain ? "" + sign : String.format("\\u%04x", (int) sign));
        }
        return out.append('"').toString();
    }
}
