package org.mneme.memory;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.ScoreActivation.Softmax;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Tensors;

/// A product-key memory written from its definition in loops over float64: every slot of every head
/// is scored. Shares no code with the layer.
final class BruteForceMemory {
  private final ProductKeyConfig config;
  private final Parameters parameters;
  private long[] slots = {};

  BruteForceMemory(ProductKeyConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /// The slots `[tokens, heads, slotsPerHead]` of the last read.
  long[] slots() {
    return slots;
  }

  /// The output `[tokens, valueDim]` for `x` `[tokens, dim]`.
  double[] read(double[] x, boolean training) {
    int tokens = x.length / config.dim();
    double[][] q = queries(x, tokens);
    switch (config.queryNorm()) {
      case BATCH -> batchNorm(q, training);
      case LAYER -> layerNorm(q);
      case L2 -> halvesOfLengthOne(q);
      case NONE -> {}
    }
    double[] values = Tensors.doubles(parameters.get("values"));
    double[] output = new double[tokens * config.valueDim()];
    int k = config.slotsPerHead();
    slots = new long[tokens * config.heads() * k];
    for (int token = 0; token < tokens; token++) {
      for (int head = 0; head < config.heads(); head++) {
        double[] scores = scores(q[token], head);
        int[] best =
            IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer slot) -> -scores[slot]))
                .mapToInt(slot -> slot)
                .limit(k)
                .toArray();
        double[] weights = softmax(scores, best, scale(head));
        for (int i = 0; i < k; i++) {
          slots[(token * config.heads() + head) * k + i] = best[i];
          for (int j = 0; j < config.valueDim(); j++) {
            output[token * config.valueDim() + j] +=
                weights[i] * values[best[i] * config.valueDim() + j];
          }
        }
      }
    }
    return output;
  }

  private double[][] queries(double[] x, int tokens) {
    int channels = config.heads() * config.queryDim();
    double[] weight = Tensors.doubles(parameters.get("query.weight"));
    double[] bias = Tensors.doubles(parameters.get("query.bias"));
    double[][] q = new double[tokens][channels];
    for (int token = 0; token < tokens; token++) {
      for (int channel = 0; channel < channels; channel++) {
        q[token][channel] = bias[channel];
        for (int i = 0; i < config.dim(); i++) {
          q[token][channel] += weight[channel * config.dim() + i] * x[token * config.dim() + i];
        }
      }
    }
    return q;
  }

  private void batchNorm(double[][] q, boolean training) {
    double[] mean = Tensors.doubles(parameters.get("norm.running_mean"));
    double[] variance = Tensors.doubles(parameters.get("norm.running_var"));
    for (int channel = 0; channel < mean.length; channel++) {
      double m = mean[channel];
      double v = variance[channel];
      if (training) {
        m = 0;
        for (double[] token : q) {
          m += token[channel] / q.length;
        }
        v = 0;
        for (double[] token : q) {
          v += (token[channel] - m) * (token[channel] - m) / q.length;
        }
      }
      for (double[] token : q) {
        token[channel] = affine((token[channel] - m) / Math.sqrt(v + 1e-5), channel);
      }
    }
  }

  private void layerNorm(double[][] q) {
    int width = config.queryDim();
    for (double[] token : q) {
      for (int from = 0; from < token.length; from += width) {
        double m = 0;
        double v = 0;
        for (int i = from; i < from + width; i++) {
          m += token[i] / width;
        }
        for (int i = from; i < from + width; i++) {
          v += (token[i] - m) * (token[i] - m) / width;
        }
        for (int i = from; i < from + width; i++) {
          token[i] = affine((token[i] - m) / Math.sqrt(v + 1e-5), i);
        }
      }
    }
  }

  private double affine(double normal, int channel) {
    double gain = Tensors.doubles(parameters.get("norm.weight"))[channel];
    return normal * gain + Tensors.doubles(parameters.get("norm.bias"))[channel];
  }

  private void halvesOfLengthOne(double[][] q) {
    for (double[] token : q) {
      for (int from = 0; from < token.length; from += config.half()) {
        double length = 0;
        for (int i = from; i < from + config.half(); i++) {
          length += token[i] * token[i];
        }
        for (int i = from; i < from + config.half(); i++) {
          token[i] /= Math.sqrt(length);
        }
      }
    }
  }

  /// The scores of all slots for one head.
  private double[] scores(double[] q, int head) {
    double[] keys = Tensors.doubles(parameters.get("keys"));
    int n = config.keysPerSide();
    double[][] half = new double[2][n];
    for (int side = 0; side < 2; side++) {
      for (int key = 0; key < n; key++) {
        for (int i = 0; i < config.half(); i++) {
          half[side][key] +=
              q[head * config.queryDim() + side * config.half() + i]
                  * keys[((head * 2 + side) * n + key) * config.half() + i];
        }
      }
    }
    double[] scores = new double[n * n];
    for (int slot = 0; slot < scores.length; slot++) {
      scores[slot] = half[0][slot / n] + half[1][slot % n];
    }
    return scores;
  }

  private double scale(int head) {
    return switch (config.scoreActivation()) {
      case Softmax() -> 1;
      case ScaledSoftmax(double _) -> Tensors.doubles(parameters.get("score_scale"))[head];
    };
  }

  private static double[] softmax(double[] scores, int[] best, double scale) {
    double[] weights = new double[best.length];
    double sum = 0;
    for (int i = 0; i < best.length; i++) {
      weights[i] = Math.exp(scale * (scores[best[i]] - scores[best[0]]));
      sum += weights[i];
    }
    for (int i = 0; i < best.length; i++) {
      weights[i] /= sum;
    }
    return weights;
  }
}
