import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.SentencePooling;
import org.mneme.generate.TextEmbedder;
import org.mneme.model.PreparedEncoder;
import org.mneme.tensor.Precision;
import org.mneme.text.Tokenizer;

/// Embeds the lines of a file, and says which of them is nearest to the first.
///
/// Arguments: a model folder, a text file.
public final class EmbedTexts {
  private EmbedTexts() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    List<String> texts = Files.readAllLines(Path.of(args[1]));
    try (PretrainedModel model = PretrainedModel.load(folder);
        // weights in the layout of the fastest products; BFLOAT16 where vectors may be a bit
        // rounder
        PreparedEncoder encoder = new PreparedEncoder(model.encoder(), Precision.FLOAT32);
        Tokenizer tokenizer = Tokenizer.load(folder)) {
      SentencePooling saved = SentencePooling.of(folder); // what the folder says, else the mean
      var embedder = new TextEmbedder(encoder, tokenizer, saved.pooling(), saved.normalize(), 256);
      List<float[]> vectors = embedder.embed(texts, 32);

      int nearest = 1;
      for (int i = 1; i < vectors.size(); i++) {
        if (dot(vectors.get(0), vectors.get(i)) > dot(vectors.get(0), vectors.get(nearest))) {
          nearest = i;
        }
      }
      System.out.printf("%d texts, %d numbers each%n", vectors.size(), vectors.get(0).length);
      System.out.printf("nearest to  %s%nis          %s%n", texts.get(0), texts.get(nearest));
    }
  }

  /// Their cosine, as the vectors are of length 1.
  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
