package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.mneme.app.run.ModelFiles;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Gives a pretrained model a memory.
@Command(
    name = "augment",
    description = {
      "Add memories to a pretrained model.",
      "Keeps all of the model's weights. With zero values beside the feed-forward (the default) the"
          + " new model computes exactly what the old one did, until it is trained."
    })
final class Augment implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      converter = FinishedModel.class,
      description = "Folder of a model, or of the run that made it.")
  private Path model = Path.of("");

  @Option(
      names = "--layers",
      required = true,
      split = ",",
      paramLabel = "N",
      description = "Blocks that get one, counted from 0, such as 4 or 2,4.")
  private List<Integer> layers = List.of();

  @Mixin private final OutputFolder out = new OutputFolder();

  @Mixin private MemoryOptions memory = new MemoryOptions();

  @Option(
      names = "--placement",
      paramLabel = "WHERE",
      description = "${COMPLETION-CANDIDATES} the feed-forward (default: ${DEFAULT-VALUE}).")
  private Placement placement = Placement.BESIDE;

  @Option(
      names = "--read-at",
      paramLabel = "WHICH",
      description =
          "Tokens that read in training: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private ReadAt readAt = ReadAt.ALL;

  @Option(
      names = {"--seed"},
      paramLabel = "N",
      description = "Seed of the fresh weights (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  Augment(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    out.requireFree(model);
    ArchitectureConfig config = ModelFiles.config(model);
    MemoryConfig layer = memory.config(config.dim(), config.causal());
    MemoryPlacement where = new MemoryPlacement(layers, placement, readAt, layer);
    try (PretrainedModel augmented = PretrainedModel.augment(model, where, seed)) {
      ModelFiles.tell(augmented, console);
      if (config.causal() && augmented.base().hasBatchNorm()) {
        console.note(
            "In training, queries in batch norm let a token see something of later ones; prefer"
                + " --query-norm layer.");
      }
      augmented.save(out.path());
      long before = augmented.parameters().count() - added(augmented);
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("model", out.path().toString());
      result.put("layers", where.layers());
      result.put("slots", slots(layer));
      result.put("parameters", augmented.parameters().count());
      result.put("addedParameters", added(augmented));
      if (json) {
        console.json(result);
      } else {
        console.result(
            String.format(
                Locale.ROOT,
                "%s: %,d parameters, %,d of them new",
                out.path(),
                before + added(augmented),
                added(augmented)));
      }
    }
    return ExitCode.OK;
  }

  private static int slots(MemoryConfig layer) {
    return switch (layer) {
      case SparseMemoryConfig sparse -> sparse.slots();
      case DenseConfig dense -> 0;
    };
  }

  private static long added(PretrainedModel model) {
    return model.parameters().count(name -> name.contains(".memory."));
  }
}
