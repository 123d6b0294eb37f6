package org.mneme.train;

import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;
import org.mneme.model.Decoder;
import org.mneme.model.KeptWords;
import org.mneme.model.LanguageModel;
import org.mneme.model.LanguageModel.Choice;
import org.mneme.tensor.Autocast;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// The loss of guessing words: cross-entropies, each against a target that is the label by `1 -
/// smoothing` and all words alike by the rest (Szegedy et al. 2015).
///
/// Scores of words are made, and their gradients computed, a chunk of rows after the other: what a
/// step takes does not grow with targets x vocabulary.
///
/// @param smoothing in [0, 1), 0 for the plain loss
public record CrossEntropy(double smoothing) {
  /// Labels only.
  public static final CrossEntropy PLAIN = new CrossEntropy(0);

  /// Checks the range.
  public CrossEntropy {
    if (!(smoothing >= 0 && smoothing < 1)) {
      throw InvalidInputException.config("train.labelSmoothing", smoothing + " must be in [0, 1)");
    }
  }

  /// How many rows are scored at once, at most, where there are so many words.
  public static long rowsAtOnce(long vocabulary) {
    return ScoredChunks.rowsAtOnce(vocabulary);
  }

  /// How well words were guessed.
  ///
  /// @param loss summed over the rows, in nats
  /// @param right rows whose best-scored word is the label
  public record Score(double loss, long right) {}

  /// How well the word of each row was guessed.
  ///
  /// @param losses in nats
  /// @param right whether the best-scored word is the label
  public record Rows(double[] losses, boolean[] right) {}

  /// The sum over all rows divided by `count`, a scalar with gradient in the caller's scope.
  ///
  /// @param hidden `[rows, dim]` of the last layer
  /// @param labels `[rows]` int64
  public Tensor mean(LanguageModel model, Tensor hidden, Tensor labels, long count) {
    try (var scope = new TensorScope()) {
      long rowsAtOnce = ScoredChunks.rowsAtOnce(model.config().vocabulary());
      Tensor places = KeptWords.places(model.config(), model.parameters(), labels);
      List<Choice> choices = model.choices(hidden, places);
      requireOneChoice(choices);
      Tensor mean = mean(choices.getFirst(), count, rowsAtOnce);
      for (Choice inside : choices.subList(1, choices.size())) {
        mean = mean.add(mean(inside, count, rowsAtOnce));
      }
      return scope.keep(mean);
    }
  }

  private Tensor mean(Choice choice, long count, long rowsAtOnce) {
    return mean(choice.decoder(), choice.hidden(), choice.labels(), count, rowsAtOnce);
  }

  /// Words that are chosen in two steps are not alike.
  private void requireOneChoice(List<Choice> choices) {
    if (smoothing > 0 && choices.size() > 1) {
      throw InvalidInputException.config(
          "train.labelSmoothing",
          smoothing + " does not go with an adaptive softmax; leave it out, or set cutoffs to []");
    }
  }

  Tensor mean(Decoder decoder, Tensor hidden, Tensor labels, long count, long rowsAtOnce) {
    try (var scope = new TensorScope()) {
      var gradients = DecoderGradients.of(decoder, hidden, 1.0 / count);
      ScoredChunks chunks = new ScoredChunks(decoder, hidden, rowsAtOnce);
      Tensor words = labels.view(-1, 1);
      Tensor losses = Tensors.empty(chunks.type(), hidden.size(0));
      Tensor mean;
      try (var unrecorded = new NoGradGuard();
          var exact = Autocast.off()) {
        chunks.forEach((from, rows, scores) -> {
          Tensor own = words.narrow(0, from, rows.size(0));
          var unused = losses.narrow(0, from, rows.size(0)).copy_(losses(scores, own));
          if (gradients.areWanted()) {
            gradients.add(chunks, from, rows, gradients(scores, own));
          }
        });
        mean = losses.sum().mul(new Scalar(1.0 / count));
      }
      List<Tensor> inputs =
          decoder.bias() == null
              ? List.of(hidden, decoder.weight())
              : List.of(hidden, decoder.weight(), decoder.bias());
      return scope.keep(JavaOperation.apply(mean, inputs, false, gradients::times));
    }
  }

  /// What came of each row, without gradients.
  ///
  /// @param hidden `[rows, dim]` of the last layer
  /// @param labels `[rows]` int64
  public Rows rows(LanguageModel model, Tensor hidden, Tensor labels) {
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Tensor places = KeptWords.places(model.config(), model.parameters(), labels);
      double[] losses = new double[Math.toIntExact(hidden.size(0))];
      boolean[] right = new boolean[losses.length];
      long rowsAtOnce = ScoredChunks.rowsAtOnce(model.config().vocabulary());
      for (int from = 0; from < losses.length; from += (int) rowsAtOnce) {
        int count = (int) Math.min(rowsAtOnce, losses.length - from);
        try (var chunk = new TensorScope()) {
          Tensor scores = model.decode(hidden.narrow(0, from, count));
          Tensor own = places.narrow(0, from, count);
          long[] hits = Tensors.longs(hits(scores, own).to(torch.ScalarType.Long));
          double[] some = Tensors.doubles(losses(scores, own.view(-1, 1)));
          System.arraycopy(some, 0, losses, from, count);
          for (int i = 0; i < count; i++) {
            right[from + i] = hits[i] == 1;
          }
        }
      }
      return new Rows(losses, right);
    }
  }

  /// What came of all rows, without gradients.
  ///
  /// @param hidden `[rows, dim]` of the last layer
  /// @param labels `[rows]` int64
  public Score score(LanguageModel model, Tensor hidden, Tensor labels) {
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Tensor places = KeptWords.places(model.config(), model.parameters(), labels);
      List<Choice> choices = model.choices(hidden, places);
      requireOneChoice(choices);
      long rowsAtOnce = ScoredChunks.rowsAtOnce(model.config().vocabulary());
      double loss = 0;
      long right = 0;
      for (Choice choice : choices) {
        Score score = score(choice, rowsAtOnce);
        loss += score.loss;
        right += score.right;
      }
      return new Score(loss, choices.size() == 1 ? right : right(model, hidden, places));
    }
  }

  private Score score(Choice choice, long rowsAtOnce) {
    var chunks = new ScoredChunks(choice.decoder(), choice.hidden(), rowsAtOnce);
    double[] loss = new double[1];
    long[] right = new long[1];
    try (var exact = Autocast.off()) {
      chunks.forEach((from, rows, scores) -> {
        Tensor own = choice.labels().narrow(0, from, rows.size(0));
        right[0] += right(scores, own);
        loss[0] += losses(scores, own.view(-1, 1)).sum().item_double();
      });
    }
    return new Score(loss[0], right[0]);
  }

  private static long right(Tensor scores, Tensor labels) {
    return hits(scores, labels).sum().item_long();
  }

  private static Tensor hits(Tensor scores, Tensor labels) {
    return scores.argmax(new LongOptional(1), false).eq(labels);
  }

  /// The same where several choices lead to a word: the best choices need not lead to the best
  /// word.
  private static long right(LanguageModel model, Tensor hidden, Tensor labels) {
    long rowsAtOnce = ScoredChunks.rowsAtOnce(model.config().vocabulary());
    long right = 0;
    for (long from = 0; from < hidden.size(0); from += rowsAtOnce) {
      long count = Math.min(rowsAtOnce, hidden.size(0) - from);
      try (var scope = new TensorScope()) {
        Tensor scores = model.decode(hidden.narrow(0, from, count));
        right += right(scores, labels.narrow(0, from, count));
      }
    }
    return right;
  }

  /// Losses of rows, `[count]`; their scores become logarithms of probabilities.
  private Tensor losses(Tensor scores, Tensor labels) {
    var unused = torch.log_softmax_out(scores, scores, 1);
    Tensor losses = scores.gather(1, labels).view(-1).mul_(new Scalar(smoothing - 1));
    return smoothing == 0
        ? losses
        : losses.sub_(scores.sum(1), new Scalar(smoothing / scores.size(1)));
  }

  /// Makes logarithms of probabilities the gradients of the losses by the scores.
  private Tensor gradients(Tensor logarithms, Tensor labels) {
    Tensor label = logarithms.new_full(new long[] {labels.size(0), 1}, new Scalar(smoothing - 1));
    Tensor gradients = logarithms.exp_().scatter_add_(1, labels, label);
    return smoothing == 0
        ? gradients
        : gradients.sub_(new Scalar(smoothing / logarithms.size(1)), new Scalar(1.0));
  }
}
