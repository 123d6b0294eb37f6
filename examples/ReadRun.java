import java.nio.file.Path;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.CheckpointStore;
import org.mneme.run.MetricsLine;
import org.mneme.run.RunRecord;

/// Reads what a training run left behind, also while it goes on: metrics, settings, checkpoints.
///
/// Argument: a run folder.
public final class ReadRun {
  private ReadRun() {}

  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    RunRecord run = RunRecord.read(folder);
    System.out.printf("%s is %s%n", run.name(), run.state().status().label());
    System.out.printf("learning rate %s%n", run.settings().get("optimizer.learningRate"));
    for (MetricsLine line : run.training()) {
      System.out.printf(
          "step %d loss %.3f norm %.2f%n", line.step(), line.loss(), line.figure("gradientNorm"));
    }
    for (MetricsLine line : run.dev()) {
      System.out.printf(
          "held out after step %d: loss %.3f, %.1f %% right%n",
          line.step(), line.loss(), 100 * line.figure("accuracy"));
    }
    run.checkpoints()
        .forEach(saved -> System.out.printf("%s: %d bytes%n", saved.name(), saved.bytes()));

    // opening a checkpoint reads all of it and compares it with its checksums
    CheckpointStore.latestGood(folder, System.out::println)
        .map(Checkpoint::facts)
        .ifPresent(facts -> System.out.printf("can be taken up after step %d%n", facts.step()));
  }
}
