import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.TokenBatch;
import org.mneme.evaluate.MemoryUse;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Tokenizer;

/// Gives an encoder a memory beside its last block, and shows which share of the slots a text
/// reads.
///
/// Arguments: a model folder, a text file, the folder to write.
public final class AddMemory {
  private AddMemory() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    ArchitectureConfig encoder = ArchitectureConfig.fromJson(ModelFolder.readConfig(folder));
    SparseMemoryConfig layer =
        SparseMemoryConfig.defaults(encoder.dim())
            .with(memory -> {
              memory.keys = new ProductKeys(64); // 64 x 64 slots
              memory.slotsPerHead = 8;
              memory.values = new Rows(ValueInit.ZERO); // at first the model is what it was
              memory.scoreActivation = new ScaledSoftmax(5); // a softmax over fresh scores is flat
            });
    List<Integer> last = List.of(encoder.layers() - 1);
    var placement = new MemoryPlacement(last, Placement.BESIDE, ReadAt.ALL, layer);
    try (PretrainedModel model = PretrainedModel.augment(folder, placement, 1);
        Tokenizer tokenizer = Tokenizer.load(folder)) {
      var options = EncodingOptions.DEFAULT.withMaxLength(encoder.maxTokens());
      List<TokenBatch> batches =
          tokenizer.encodeAll(Files.readAllLines(Path.of(args[1])), options).stream()
              .map(line -> TokenBatch.of(List.of(line.ids()), tokenizer.padId()))
              .toList();
      MemoryUse.of(model.base(), batches)
          .forEach((block, use) ->
              System.out.printf(
                  "block %d: %d tokens read %.1f %% of %d slots (at random: %.1f %%)%n",
                  block, use.tokens(), 100 * use.usage(), use.slots(), 100 * use.usedCeiling()));
      model.save(Path.of(args[2]));
    }
  }
}
