package org.mneme.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.model.BertConfig;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Workers;

/// The matrix products of a masked-LM step and nothing else, each by libtorch on matrices that lie
/// ready: what a step would take if everything but products were free. The batch is divided between
/// two workers, as the trainer does it.
public final class StepProducts {
  private static final int PARTS = 2;
  private static final double NANOS_PER_MS = 1e6;

  private final BertConfig config;
  private final int rows;
  private final int time;
  private final int targets;
  private final Precision precision;

  /// @param rows texts of a batch
  /// @param time tokens of each
  /// @param targets positions to be guessed in a batch
  public StepProducts(BertConfig config, int rows, int time, int targets, Precision precision) {
    this.config = config;
    this.rows = rows;
    this.time = time;
    this.targets = targets;
    this.precision = precision;
  }

  /// A product `[batch, m, k] x [batch, k, n]` and how often a step has it.
  private record Product(int batch, int m, int k, int n, int times) {}

  /// Ms of all products.
  public double run() {
    try (var products = precision.openForProcess();
        Workers workers = new Workers(PARTS)) {
      List<Supplier<Double>> parts = new ArrayList<>();
      for (int i = 0; i < workers.count(); i++) {
        parts.add(() -> part(workers.count()));
      }
      return workers.all(parts).stream().mapToDouble(ms -> ms).max().orElseThrow();
    }
  }

  private double part(int parts) {
    double ms = 0;
    for (Product product : products(rows / parts, targets / parts)) {
      ms += time(product);
    }
    return ms;
  }

  private List<Product> products(int texts, int guessed) {
    int dim = config.dim();
    int inner = config.feedForwardDim();
    int layers = config.layers();
    int tokens = texts * time;
    int heads = texts * config.heads();
    List<Product> all = new ArrayList<>();
    addLinear(all, tokens, dim, dim, 4 * layers);
    addLinear(all, tokens, dim, inner, layers - 1); // the last feed-forward runs at targets alone
    addLinear(all, tokens, inner, dim, layers - 1);
    addLinear(all, guessed, dim, inner, 1);
    addLinear(all, guessed, inner, dim, 1);
    addLinear(all, guessed, dim, dim, 1);
    addLinear(all, guessed, dim, config.vocabulary(), 1);
    int headDim = config.headDim();
    all.add(new Product(heads, time, headDim, time, 2 * layers)); // scores, gradient of weights
    all.add(new Product(heads, time, time, headDim, 4 * layers)); // sums, gradients of q, k, v
    return all;
  }

  /// A linear layer: forward, gradient of its input, gradient of its weight.
  private static void addLinear(List<Product> all, int tokens, int in, int out, int times) {
    all.add(new Product(1, tokens, in, out, times));
    all.add(new Product(1, tokens, out, in, times));
    all.add(new Product(1, out, tokens, in, times));
  }

  /// Ms of a product as often as a step has it. Making the matrices does not count.
  private double time(Product product) {
    boolean attention = product.batch > 1; // float32 in every precision
    torch.ScalarType type =
        precision == Precision.BFLOAT16 && !attention
            ? torch.ScalarType.BFloat16
            : torch.ScalarType.Float;
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      Tensor a = matrices(product.batch, product.m, product.k, type);
      Tensor b = matrices(product.batch, product.k, product.n, type);
      long start = System.nanoTime();
      for (int i = 0; i < product.times; i++) {
        try (var inner = new TensorScope()) {
          Tensor unused = attention ? a.bmm(b) : a.mm(b);
        }
      }
      return (System.nanoTime() - start) / NANOS_PER_MS;
    }
  }

  private static Tensor matrices(int batch, int rows, int columns, torch.ScalarType type) {
    long[] shape = batch == 1 ? new long[] {rows, columns} : new long[] {batch, rows, columns};
    return torch.rand(shape, new TensorOptions(torch.ScalarType.Float)).to(type);
  }
}
