package org.mneme.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.mneme.checkpoint.SafetensorsFile.Entry;
import org.mneme.tensor.KeptRows;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Copies the weights of one folder into the parameters of one model, and keeps account.
final class WeightLoader {
  private final String source;
  private final Weights weights;
  private final Parameters parameters;

  /// The file's name of each tensor and alias of the model that it has.
  private final Map<String, String> found = new LinkedHashMap<>();

  private final List<String> unexpected = new ArrayList<>();
  private final List<LoadReport.Misshapen> misshapen = new ArrayList<>();

  private final OtherRows others;

  /// others learns where the rows are that the model does not keep
  WeightLoader(String source, Weights weights, Parameters parameters, OtherRows others) {
    this.others = others;
    this.source = source;
    this.weights = weights;
    this.parameters = parameters;
  }

  /// @param wants the names in the model of the tensors that are loaded
  LoadReport load(String basePrefix, Predicate<String> wants) {
    match(basePrefix, wants.and(parameters::contains));
    List<LoadReport.Tied> tied = resolveTies();
    List<String> loaded = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    parameters
        .all()
        .forEach((name, parameter) -> {
          String inFile = found.get(name);
          if (inFile == null) {
            missing.add(name);
          } else if (fits(name, parameter, weights.entry(inFile))) {
            copy(name, inFile, parameter);
            loaded.add(name);
          }
        });
    return new LoadReport(source, loaded, missing, unexpected, tied, misshapen);
  }

  private void match(String basePrefix, Predicate<String> inModel) {
    WeightNames names = new WeightNames(basePrefix, inModel);
    // a name that is the model's own comes before one that only becomes it
    weights.names().stream().filter(inModel).forEach(name -> found.put(name, name));
    for (String name : weights.names()) {
      Optional<String> target = names.inModel(name);
      boolean taken =
          target.isEmpty() || !found.computeIfAbsent(target.get(), t -> name).equals(name);
      if (taken && !WeightNames.ignored(name)) {
        unexpected.add(name);
      }
    }
  }

  /// Lets a tensor that the file has only under an alias count under its name.
  private List<LoadReport.Tied> resolveTies() {
    List<LoadReport.Tied> tied = new ArrayList<>();
    parameters
        .aliases()
        .forEach((alias, name) -> {
          String underAlias = found.get(alias);
          boolean differs = false;
          if (underAlias != null) {
            String underName = found.computeIfAbsent(name, n -> underAlias);
            differs = differs(underAlias, underName);
          }
          tied.add(new LoadReport.Tied(alias, name, differs));
        });
    return tied;
  }

  private boolean differs(String left, String right) {
    return !left.equals(right)
        && (weights.entry(left).dtype() != weights.entry(right).dtype()
            || weights.bytes(left).mismatch(weights.bytes(right)) != -1);
  }

  private boolean fits(String name, Tensor parameter, Entry entry) {
    List<Long> inModel = wholeShape(name, parameter);
    if (!inModel.equals(entry.shape())) {
      misshapen.add(new LoadReport.Misshapen(name, entry.shape(), inModel));
      return false;
    }
    return true;
  }

  private List<Long> wholeShape(String name, Tensor parameter) {
    long[] shape = Shapes.of(parameter);
    parameters.kept(name).ifPresent(rows -> shape[0] = rows.all());
    return Arrays.stream(shape).boxed().toList();
  }

  private void copy(String name, String inFile, Tensor parameter) {
    Entry entry = weights.entry(inFile);
    Dtype wanted = Dtype.of(parameter.scalar_type());
    if (wanted.isFloating() != entry.dtype().isFloating()) {
      throw WeightsError.tensor(
          source,
          inFile,
          "has dtype " + entry.dtype() + " where the model computes in " + wanted,
          "quantised weights are not read: take the F32, F16 or BF16 file of this model");
    }
    Optional<KeptRows> kept = parameters.kept(name);
    if (kept.isPresent()) {
      others.put(name, weights.rows(inFile)).copyInto(parameter, kept.get());
      return;
    }
    try (var scope = new TensorScope()) {
      Tensor target = parameter.detach();
      boolean inPlace = wanted == entry.dtype() && target.is_cpu() && target.is_contiguous();
      if (inPlace && wanted != Dtype.BOOL) {
        MemorySegment bytes = weights.bytes(inFile);
        Tensors.memory(target).copyFrom(bytes);
      } else {
        Tensor unused = target.copy_(weights.tensor(inFile));
      }
    }
  }
}
