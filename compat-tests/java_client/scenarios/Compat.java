import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;

/**
 * Scenarios with the Java client, whichever version is on the class path.
 *
 * <p>{@code Compat BOOTSTRAP SCENARIO NAME} plays one of them with a topic and a group of that
 * name, and prints what it saw as a line of JSON; a failure is a stack trace and an exit status
 * other than 0. As a virtual machine takes longer to start than a scenario runs, {@code Compat
 * BOOTSTRAP} plays all whose SCENARIO and NAME it reads from its input, a line each, and answers
 * each with a line, which says {@code failed} where the scenario did.
 */
public final class Compat {
    /** Does with the client what a scenario says, and gives what it saw. */
    interface Scenario {
        Map<String, Object> play(Stage stage) throws Exception;
    }

    private Compat() {}

    private static Map<String, Scenario> scenarios() {
        Map<String, Scenario> all = new HashMap<>();
        all.putAll(Produce.scenarios());
        all.putAll(Consume.scenarios());
        all.putAll(Groups.scenarios());
        all.putAll(Administration.scenarios());
        all.putAll(Refusals.scenarios());
        all.putAll(Later.scenarios());
        return all;
    }

    private static Map<String, Object> play(String bootstrap, String scenario, String name)
            throws Exception {
        String[] words = scenario.split(":");
        Scenario found = scenarios().get(words[0]);
        if (found == null) {
            throw new IllegalArgumentException("no such scenario: " + scenario);
        }
        return found.play(new Stage(bootstrap, name, words[words.length - 1]));
    }

    public static void main(String[] words) throws Exception {
        if (words.length == 3) {
            System.out.println(Json.of(play(words[0], words[1], words[2])));
            System.exit(0); // an old client leaves threads behind
        }
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in));
        for (String line = asked.readLine(); line != null; line = asked.readLine()) {
            System.out.println(Json.of(answer(words[0], line.split(" "))));
        }
        System.exit(0);
    }

    private static Map<String, Object> answer(String bootstrap, String[] asked) {
        try {
            return play(bootstrap, asked[0], asked[1]);
        } catch (Exception error) {
            StringWriter trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace));
            return Map.of("failed", trace.toString());
        }
    }
}
