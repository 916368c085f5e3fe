import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Base64;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's command line tools one after the other, which is quicker than a process for each.
 *
 * <p>A line of input is what the tool reads in Base64, its class and its arguments, with tabs between
 * them; a line of output is the exit status, and what the tool wrote in Base64.
 */
public class Tools {
    static class Ended extends RuntimeException {
        Ended() {
            super(null, null, false, false);
        }
    }

    public static void main(String[] none) throws Exception {
        PrintStream answers = System.out;
        Exit.setExitProcedure((status, message) -> end(status));
        Exit.setHaltProcedure((status, message) -> end(status));
        Exit.setShutdownHookAdder((name, runnable) -> { });
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split("\t", -1);
            System.setIn(new ByteArrayInputStream(Base64.getDecoder().decode(words[0])));
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            PrintStream out = new PrintStream(said, true);
            System.setOut(out);
            System.setErr(out);
            int status = run(words[1], Arrays.copyOfRange(words, 2, words.length));
            out.flush();
            answers.println(status + " " + Base64.getEncoder().encodeToString(said.toByteArray()));
        }
    }

    static int first = -1;

    /** A tool may catch what is thrown here, and end once more: what it said first counts. */
    static void end(int status) {
        first = first < 0 ? status : first;
        throw new Ended();
    }

    static int run(String tool, String[] arguments) {
        first = -1;
        try {
            Class.forName(tool).getMethod("main", String[].class).invoke(null, (Object) arguments);
        } catch (InvocationTargetException thrown) {
            if (!(thrown.getCause() instanceof Ended)) {
                thrown.getCause().printStackTrace();
                return 1;
            }
        } catch (ReflectiveOperationException error) {
            error.printStackTrace();
            return 1;
        }
        return Math.max(first, 0);
    }
}
