/** Partitions cannot be added yet. */
final class ThisCluster extends AdminClients {
    ThisCluster(Stage stage) {
        super(stage);
    }
}
