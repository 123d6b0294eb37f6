package org.mneme.memory;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Output.Direct;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.Output.ScalarGate;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.ScoreActivation.Relu;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.ScoreActivation.Softmax;
import org.mneme.memory.Values.Experts;
import org.mneme.memory.Values.Rows;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Tensors;

/// Every kind of sparse memory written from its definition in loops over float64: every slot of
/// every head is scored. Shares no code with the layer.
final class BruteForceMemory {
  private final SparseMemoryConfig config;
  private final Parameters parameters;
  private long[] slots = {};

  BruteForceMemory(SparseMemoryConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /// The slots `[tokens, heads, slotsPerHead]` of the last read.
  long[] slots() {
    return slots;
  }

  /// The output `[tokens, dim]` for `x` `[tokens, dim]`.
  double[] read(double[] x, boolean training) {
    int dim = config.dim();
    int tokens = x.length / dim;
    double[][] inputs = new double[tokens][];
    double[][] queries = new double[tokens][];
    for (int token = 0; token < tokens; token++) {
      inputs[token] = Arrays.copyOfRange(x, token * dim, (token + 1) * dim);
      queries[token] = query(inputs[token]);
    }
    switch (config.query().norm()) {
      case BATCH -> batchNorm(queries, training);
      case LAYER -> layerNorm(queries);
      case L2 -> {
        for (double[] query : queries) {
          lengthOne(query, keyDim());
        }
      }
      case NONE -> {}
    }
    double[] output = new double[x.length];
    slots = new long[tokens * config.heads() * config.slotsPerHead()];
    for (int token = 0; token < tokens; token++) {
      double[] y = sum(inputs[token], queries[token], token);
      System.arraycopy(finish(y, inputs[token]), 0, output, token * dim, dim);
    }
    return output;
  }

  private double[] numbers(String name) {
    return Tensors.doubles(parameters.get(name));
  }

  /// weight x + bias
  private double[] affine(String name, double[] x) {
    double[] weight = numbers(name + ".weight");
    double[] y = numbers(name + ".bias");
    for (int out = 0; out < y.length; out++) {
      for (int in = 0; in < x.length; in++) {
        y[out] += weight[out * x.length + in] * x[in];
      }
    }
    return y;
  }

  private double[] query(double[] x) {
    if (config.query().layers() == 1) {
      return affine("query", x);
    }
    double[] hidden = affine("query.0", x);
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] = Math.max(0, hidden[i]);
    }
    return affine("query.1", hidden);
  }

  private int keyDim() {
    return config.keys() instanceof ProductKeys ? config.query().dim() / 2 : config.query().dim();
  }

  private void batchNorm(double[][] q, boolean training) {
    double[] mean = numbers("norm.running_mean");
    double[] variance = numbers("norm.running_var");
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
        token[channel] = gained((token[channel] - m) / Math.sqrt(v + 1e-5), channel);
      }
    }
  }

  private void layerNorm(double[][] q) {
    int width = config.query().dim();
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
          token[i] = gained((token[i] - m) / Math.sqrt(v + 1e-5), i);
        }
      }
    }
  }

  private double gained(double normal, int channel) {
    return normal * numbers("norm.weight")[channel] + numbers("norm.bias")[channel];
  }

  /// Brings every `width` numbers to length 1.
  private static void lengthOne(double[] numbers, int width) {
    for (int from = 0; from < numbers.length; from += width) {
      double square = 0;
      for (int i = from; i < from + width; i++) {
        square += numbers[i] * numbers[i];
      }
      for (int i = from; i < from + width; i++) {
        numbers[i] /= Math.sqrt(square);
      }
    }
  }

  /// What one token reads, `[valueDim]`.
  private double[] sum(double[] x, double[] query, int token) {
    double[] sum = new double[config.valueDim()];
    int k = config.slotsPerHead();
    for (int head = 0; head < config.heads(); head++) {
      double[] scores = scores(query, head);
      int[] best =
          IntStream.range(0, scores.length)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer slot) -> -scores[slot]))
              .mapToInt(slot -> slot)
              .limit(k)
              .toArray();
      double[] weights = weights(scores, best, head);
      for (int i = 0; i < k; i++) {
        slots[(token * config.heads() + head) * k + i] = best[i];
        double[] value = value(best[i], x);
        for (int j = 0; j < sum.length; j++) {
          sum[j] += weights[i] * value[j];
        }
      }
    }
    return sum;
  }

  /// The scores of all slots for one head.
  private double[] scores(double[] q, int head) {
    double[] keys = numbers("keys");
    int width = keyDim();
    if (config.query().keyNorm() == KeyNorm.L2) {
      lengthOne(keys, width);
    }
    double[] scores = new double[config.slots()];
    for (int slot = 0; slot < scores.length; slot++) {
      switch (config.keys()) {
        case FlatKeys(int slots) -> scores[slot] = dot(keys, head * slots + slot, q, head);
        case ProductKeys(int n) ->
            scores[slot] =
                dot(keys, 2 * head * n + slot / n, q, 2 * head)
                    + dot(keys, (2 * head + 1) * n + slot % n, q, 2 * head + 1);
      }
    }
    return scores;
  }

  /// The product of the `key`-th key with the `part`-th part of a query.
  private double dot(double[] keys, int key, double[] q, int part) {
    double product = 0;
    for (int i = 0; i < keyDim(); i++) {
      product += keys[key * keyDim() + i] * q[part * keyDim() + i];
    }
    return product;
  }

  private double[] weights(double[] scores, int[] best, int head) {
    return switch (config.scoreActivation()) {
      case Softmax() -> softmax(scores, best, 1);
      case ScaledSoftmax(double _) -> softmax(scores, best, numbers("score_scale")[head]);
      case Relu() -> IntStream.of(best).mapToDouble(slot -> Math.max(0, scores[slot])).toArray();
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

  private double[] row(String table, int slot, int width) {
    return Arrays.copyOfRange(numbers(table), slot * width, (slot + 1) * width);
  }

  /// What a slot gives to x.
  private double[] value(int slot, double[] x) {
    return switch (config.values()) {
      case Rows(ValueInit _) -> row("values", slot, config.valueDim());
      case Experts(ValueInit _) -> {
        double[] down = row("values_down", slot, config.dim());
        double hidden = IntStream.range(0, x.length).mapToDouble(i -> down[i] * x[i]).sum();
        double[] up = row("values_up", slot, config.valueDim());
        for (int i = 0; i < up.length; i++) {
          up[i] *= hidden * normalBelow(hidden);
        }
        yield up;
      }
    };
  }

  /// The share of a standard normal below x, by Simpson's rule.
  private static double normalBelow(double x) {
    int steps = 20_000;
    double width = x / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double at = i * width;
      sum += (i == 0 || i == steps ? 1 : 2 + 2 * (i % 2)) * Math.exp(-at * at / 2);
    }
    return 0.5 + sum * width / 3 / Math.sqrt(2 * Math.PI);
  }

  private double[] finish(double[] y, double[] x) {
    return switch (config.output()) {
      case Direct() -> y;
      case Projected(int _) -> affine("output_projection", y);
      case SiluGate(int _) -> {
        double[] gate = affine("gate_projection", x);
        for (int i = 0; i < y.length; i++) {
          y[i] *= gate[i] * sigmoid(gate[i]);
        }
        yield affine("output_projection", y);
      }
      case ScalarGate() -> {
        double gate = sigmoid(affine("scalar_gate", x)[0]);
        for (int i = 0; i < y.length; i++) {
          y[i] *= gate;
        }
        yield y;
      }
    };
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
