package org.mneme.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Tensors;

/// A Transformer-XL that reads one text a token at a time, written from the papers with loops over
/// doubles: it keeps a log of what went into each block at which place of the text, and computes
/// every distance from it anew.
final class TransformerXlOracle {
  private final TransformerXlConfig config;
  private final Parameters parameters;
  private final int length;
  private final List<List<Entry>> logs = new ArrayList<>();
  private long next;
  private long document;

  /// What went into a block, and where in the text that was.
  private record Entry(long position, double[] input) {}

  /// @param length tokens that each block remembers
  TransformerXlOracle(TransformerXlConfig config, Parameters parameters, int length) {
    this.config = config;
    this.parameters = parameters;
    this.length = length;
    for (int i = 0; i < config.layers(); i++) {
      logs.add(new ArrayList<>());
    }
  }

  /// The last hidden states of a segment.
  ///
  /// @param starts whether a document begins with the token
  /// @param skipped by block
  double[][] read(int[] ids, boolean[] starts, boolean[] skipped) {
    int time = ids.length;
    double[][] words = matrix("transformer.word_emb.emb_layers.0.weight");
    double[][] x = new double[time][];
    long[] documents = new long[time];
    for (int t = 0; t < time; t++) {
      x[t] = Arrays.stream(words[ids[t]]).map(w -> w * Math.sqrt(config.dim())).toArray();
      document = starts[t] ? next + t : document;
      documents[t] = document;
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      if (!skipped[layer]) {
        x = block(layer, x, documents);
      }
    }
    next += time;
    return x;
  }

  private double[][] block(int layer, double[][] x, long[] documents) {
    String prefix = "transformer.layers." + layer + ".";
    List<Entry> log = logs.get(layer);
    List<Entry> keys = new ArrayList<>(log.subList(Math.max(0, log.size() - length), log.size()));
    int remembered = keys.size();
    for (int t = 0; t < x.length; t++) {
      keys.add(new Entry(next + t, x[t]));
    }
    log.addAll(keys.subList(remembered, keys.size()));
    double[][] out = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      List<Entry> seen = new ArrayList<>();
      for (int key = 0; key <= remembered + t; key++) {
        boolean near = !config.attention().sameLength() || remembered + t - key < length;
        if (keys.get(key).position >= documents[t] && near) {
          seen.add(keys.get(key));
        }
      }
      out[t] = feedForward(prefix, attend(prefix, x[t], next + t, seen));
    }
    return out;
  }

  private double[] attend(String prefix, double[] x, long position, List<Entry> seen) {
    String name = prefix + "dec_attn.";
    int headDim = config.headDim();
    int width = config.heads() * headDim;
    double[][] weights = matrix(name + "qkv_net.weight");
    double[] query = product(Arrays.copyOfRange(weights, 0, width), normedFirst(name, x));
    double[] context = new double[width];
    for (int head = 0; head < config.heads(); head++) {
      double[] scores = new double[seen.size()];
      double[][] values = new double[seen.size()][];
      for (int i = 0; i < scores.length; i++) {
        double[] input = normedFirst(name, seen.get(i).input);
        double[] key = product(Arrays.copyOfRange(weights, width, 2 * width), input);
        values[i] = product(Arrays.copyOfRange(weights, 2 * width, 3 * width), input);
        long distance = position - seen.get(i).position;
        int clamp = config.attention().clampLength();
        double[] sines = sinusoid(clamp > 0 ? Math.min(distance, clamp) : distance);
        double[] r = product(matrix(name + "r_net.weight"), sines);
        for (int d = 0; d < headDim; d++) {
          int at = head * headDim + d;
          double u = matrix("transformer.r_w_bias")[head][d];
          double v = matrix("transformer.r_r_bias")[head][d];
          scores[i] += ((query[at] + u) * key[at] + (query[at] + v) * r[at]) / Math.sqrt(headDim);
        }
      }
      double[] shares = Arrays.stream(scores).map(Math::exp).toArray();
      double sum = Arrays.stream(shares).sum();
      for (int i = 0; i < shares.length; i++) {
        for (int d = head * headDim; d < (head + 1) * headDim; d++) {
          context[d] += shares[i] / sum * values[i][d];
        }
      }
    }
    double[] attended = sum(x, product(matrix(name + "o_net.weight"), context));
    return config.normFirst() ? attended : norm(name, attended);
  }

  private double[] feedForward(String prefix, double[] x) {
    String name = prefix + "pos_ff.";
    double[] inner =
        sum(
            product(matrix(name + "CoreNet.0.weight"), normedFirst(name, x)),
            vector(name + "CoreNet.0.bias"));
    double[] active = Arrays.stream(inner).map(i -> Math.max(0, i)).toArray();
    double[] out =
        sum(product(matrix(name + "CoreNet.3.weight"), active), vector(name + "CoreNet.3.bias"));
    return config.normFirst() ? sum(x, out) : norm(name, sum(x, out));
  }

  private double[] sinusoid(long distance) {
    int half = config.dim() / 2;
    double[] sines = new double[config.dim()];
    for (int i = 0; i < half; i++) {
      double angle = distance / Math.pow(10000, 2.0 * i / config.dim());
      sines[i] = Math.sin(angle);
      sines[half + i] = Math.cos(angle);
    }
    return sines;
  }

  private double[] normedFirst(String prefix, double[] x) {
    return config.normFirst() ? norm(prefix, x) : x;
  }

  private double[] norm(String prefix, double[] x) {
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(i -> (i - mean) * (i - mean)).average().orElseThrow();
    double[] weight = vector(prefix + "layer_norm.weight");
    double[] bias = vector(prefix + "layer_norm.bias");
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = (x[i] - mean) / Math.sqrt(variance + config.layerNormEps()) * weight[i] + bias[i];
    }
    return out;
  }

  private static double[] product(double[][] weight, double[] x) {
    double[] out = new double[weight.length];
    for (int i = 0; i < out.length; i++) {
      for (int j = 0; j < x.length; j++) {
        out[i] += weight[i][j] * x[j];
      }
    }
    return out;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] sum = new double[a.length];
    Arrays.setAll(sum, i -> a[i] + b[i]);
    return sum;
  }

  private double[] vector(String name) {
    return Tensors.doubles(parameters.get(name));
  }

  private double[][] matrix(String name) {
    double[] all = vector(name);
    int columns = (int) parameters.get(name).size(1);
    double[][] rows = new double[all.length / columns][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(all, i * columns, (i + 1) * columns));
    return rows;
  }
}
