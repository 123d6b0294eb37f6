package org.mneme.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.CompanionFiles.Content;
import org.mneme.model.AdapterConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.tensor.Parameters;

/// The adapters of a model folder, beside the weights of the model: `adapter_config.json` and
/// `adapter_model.safetensors`, as Hugging Face's PEFT has them.
///
/// @param weights the file of the tensors
/// @param json the other one
record AdapterFiles(Path weights, AdapterJson json) {
  static final String CONFIG = "adapter_config.json";
  static final String WEIGHTS = "adapter_model.safetensors";

  /// Both.
  static final Set<String> NAMES = Set.of(CONFIG, WEIGHTS);

  /// What PEFT puts before the name of the base model's module.
  private static final String PREFIX = "base_model.model.";

  /// Those of `folder`, empty where it has none.
  ///
  /// @throws InvalidInputException where one of the two files is missing or unreadable
  static Optional<AdapterFiles> in(Path folder) {
    Path config = folder.resolve(CONFIG);
    Path weights = folder.resolve(WEIGHTS);
    boolean configured = Files.exists(config);
    if (!configured && !Files.exists(weights)) {
      return Optional.empty();
    }
    if (!configured || !Files.exists(weights)) {
      boolean pickled = Files.exists(folder.resolve("adapter_model.bin"));
      throw WeightsError.file(
          folder,
          "holds %s without %s%s"
              .formatted(
                  configured ? CONFIG : WEIGHTS,
                  configured ? WEIGHTS : CONFIG,
                  pickled ? ", only adapter_model.bin, which is not read" : ""),
          pickled
              ? "load and save it once with PEFT, which writes " + WEIGHTS
              : "copy both files of the adapter, or remove this one for the model without it");
    }
    return Optional.of(new AdapterFiles(weights, AdapterJson.read(config)));
  }

  /// The model with its adapters.
  ArchitectureConfig addTo(ArchitectureConfig model) {
    try { // a model that takes none says so before the file is understood
      var unused = model.withAdapters(new AdapterConfig(List.of(0), 1, 1, AdapterConfig.TARGETS));
    } catch (InvalidInputException e) {
      throw new InvalidInputException(e.kind(), e.key(), json.file() + ": " + e.getMessage(), e);
    }
    return model.withAdapters(json.in(model));
  }

  /// Copies the tensors into the adapters of `into` and returns their names.
  ///
  /// @throws InvalidInputException of kind WEIGHTS where one is missing, misshapen or too many
  List<String> load(Parameters into) {
    try (Weights tensors = Weights.ofFile(weights)) {
      LoadReport report =
          new WeightLoader(weights.toString(), tensors, into, new OtherRows())
              .load(PREFIX, AdapterConfig::isAdapter);
      report.misshapen().stream()
          .findFirst()
          .ifPresent(wrong -> {
            throw WeightsError.tensor(
                weights,
                PREFIX + wrong.name(),
                "has shape %s, not %s".formatted(wrong.inFile(), wrong.inModel()),
                "check that r in " + CONFIG + " is its own, and the model the adapter's base");
          });
      report.missing().stream()
          .filter(AdapterConfig::isAdapter)
          .findFirst()
          .ifPresent(name -> {
            throw WeightsError.tensor(
                weights,
                PREFIX + name,
                "is missing",
                "check that the file and " + CONFIG + " belong to one adapter");
          });
      report.unexpected().stream()
          .findFirst()
          .ifPresent(name -> {
            throw WeightsError.tensor(
                weights,
                name,
                "has no place in the model",
                "check that the file and " + CONFIG + " belong to one adapter of this model");
          });
      return report.loaded();
    }
  }

  /// Moves the tensors of adapters out of `contents`, those of a whole model, and returns the files
  /// to write them to.
  ///
  /// @param base what the model is called that has them
  static Map<String, Content> taken(
      Map<String, TensorContent> contents, AdapterConfig config, String base) {
    Map<String, TensorContent> tensors = new LinkedHashMap<>();
    contents.forEach((name, content) -> {
      if (AdapterConfig.isAdapter(name)) {
        tensors.put(PREFIX + name, content);
      }
    });
    contents.keySet().removeIf(AdapterConfig::isAdapter);
    String text = JsonFiles.text(AdapterJson.of(config, base)) + "\n";
    return Map.of(
        CONFIG,
        Content.of(text.getBytes(StandardCharsets.UTF_8)),
        WEIGHTS,
        channel -> SafetensorsWriter.writeTo(channel, WEIGHTS, tensors, WeightsWriter.METADATA));
  }

  /// The files of `folder` as they are, none where it has none.
  static Map<String, Content> copies(Path folder) {
    return in(folder)
        .map(found ->
            Map.of(CONFIG, Content.of(found.json.file()), WEIGHTS, Content.of(found.weights)))
        .orElse(Map.of());
  }
}
