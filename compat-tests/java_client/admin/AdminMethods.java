import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;

/**
 * Calls every method of the client for administration, and prints what each said as a line of
 * JSON: {@code AdminMethods BOOTSTRAP NAME}. The last line names the methods that were not called.
 */
public final class AdminMethods {
    final String bootstrap;
    final String name;
    final Admin admin;
    final int broker;
    private final Dump dump;
    private final Set<String> called = new TreeSet<>();

    private AdminMethods(String bootstrap, String name) throws Exception {
        this.bootstrap = bootstrap;
        this.name = name;
        this.dump = new Dump(name);
        this.admin = watched(Admin.create(options()));
        this.broker = admin.describeCluster().controller().get().id();
    }

    public static void main(String[] words) throws Exception {
        AdminMethods run = new AdminMethods(words[0], words[1]);
        new TopicMethods(run).play();
        new ConfigMethods(run).play();
        new OffsetMethods(run).play();
        new GroupMethods(run).play();
        new TransactionMethods(run).play();
        new ClusterMethods(run).play();
        new OtherMethods(run).play();
        run.admin.close();
        run.print("not called", run.notCalled());
        System.exit(0);
    }

    Properties options() {
        Properties options = new Properties();
        options.put("bootstrap.servers", bootstrap);
        return options;
    }

    String name(String suffix) {
        return name + "-" + suffix;
    }

    /** Notes which methods are called. */
    private Admin watched(Admin real) {
        return (Admin) Proxy.newProxyInstance(Admin.class.getClassLoader(),
            new Class<?>[] {Admin.class}, (proxy, method, arguments) -> {
                called.add(method.getName());
                try {
                    return method.invoke(real, arguments);
                } catch (InvocationTargetException error) {
                    throw error.getCause();
                }
            });
    }

    private Set<String> notCalled() {
        Set<String> all = Arrays.stream(Admin.class.getMethods()).map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
        all.removeAll(called);
        all.remove("create"); // which made this one
        return all;
    }

    private void print(String what, Object seen) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put(what, seen);
        System.out.println(Json.of(line));
    }

    /**
     * Prints what a call gives: {@code METHOD: the case}. Accessors that ask for something are
     * called with each of what is asked.
     */
    void see(String what, Callable<?> call, Object... asked) throws Exception {
        Object seen;
        try {
            seen = dump.of(call.call(), asked);
        } catch (ExecutionException error) {
            seen = dump.of(error.getCause());
        } catch (RuntimeException error) {
            seen = dump.of(error);
        }
        print(what, seen);
    }

    /** Waits until it is so: where metadata travels by itself, a change is seen soon. */
    static void until(Callable<Boolean> condition, String what) throws Exception {
        long end = System.nanoTime() + 40_000_000_000L;
        while (!condition.call()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("not in time: " + what);
            }
            Thread.sleep(20);
        }
    }
}
