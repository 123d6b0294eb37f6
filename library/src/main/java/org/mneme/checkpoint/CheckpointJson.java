package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.mneme.InvalidInputException;
import org.mneme.Version;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// `checkpoint.json`: what a checkpoint says about itself, and the stamp of every file in it. It
/// carries a CRC-32C of its own, so that no damaged digit goes for another step.
///
/// @param state JSON of the parts by name
/// @param files stamps by path inside the folder, `/` between folders
record CheckpointJson(
    CheckpointFacts facts, Map<String, ObjectNode> state, Map<String, FileStamp> files) {
  /// The remedy for whatever is wrong with a checkpoint.
  static final String TAKE_ANOTHER =
      "take another checkpoint; --resume auto goes on from the last good one";

  static final String FILE = "checkpoint.json";
  private static final int VERSION = 1;

  /// How the file ends: what precedes the digits is unique, since nothing follows them.
  private static final String SEAL = "crc32c";

  private static final String BLANK = "00000000";
  private static final String END = "\"\n}\n";

  /// Writes it into `folder`.
  void write(Path folder) {
    ObjectNode json = JsonMapper.shared().createObjectNode();
    json.put("formatVersion", VERSION);
    json.put("step", facts.step());
    json.put("seed", facts.seed());
    json.put("configHash", facts.configHash());
    ObjectNode metrics = json.putObject("metrics");
    facts.metrics().forEach(metrics::put);
    ObjectNode parts = json.putObject("state");
    state.forEach(parts::set);
    ObjectNode stamps = json.putObject("files");
    files.forEach((name, stamp) ->
        stamps.putObject(name).put("bytes", stamp.bytes()).put("crc32c", stamp.crc32c()));
    Version version = Version.current();
    json.put("mneme", version.mneme() + " (" + version.commit() + ")");
    json.put("libtorch", version.libtorch());
    json.put("java", Runtime.version().toString());
    json.put("platform", platform());
    json.put(SEAL, BLANK);
    String text = JsonFiles.text(json) + "\n";
    AtomicFile.writeString(folder.resolve(FILE), withSeal(text, seal(text)));
  }

  private static String platform() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT)
        + "-"
        + System.getProperty("os.arch");
  }

  /// The CRC-32C of the file's text with zeros in its own place.
  private static String seal(String text) {
    return FileStamp.crc32c(withSeal(text, BLANK).getBytes(StandardCharsets.UTF_8));
  }

  private static String withSeal(String text, String seal) {
    int end = Math.max(text.length() - END.length(), seal.length());
    return text.substring(0, end - seal.length()) + seal + text.substring(end);
  }

  /// Reads it from `folder` and checks it against itself, not against the files.
  static CheckpointJson read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw WeightsError.file(folder, "holds no " + FILE + ": it is no checkpoint", TAKE_ANOTHER);
    }
    ObjectNode json = JsonFiles.readObject(file, InvalidInputException.Kind.WEIGHTS);
    long version = json.path("formatVersion").asLong(-1);
    if (version > VERSION) {
      throw WeightsError.file(
          file,
          "has formatVersion " + version + ", this Mneme reads " + VERSION,
          "take the Mneme that wrote it, " + json.path("mneme").asString("?"));
    }
    try {
      String text = Files.readString(file);
      if (!text.equals(withSeal(text, seal(text)))) {
        throw WeightsError.file(file, "is damaged: its CRC-32C is another", TAKE_ANOTHER);
      }
      return parse(json);
    } catch (IOException | IllegalArgumentException e) {
      throw WeightsError.file(file, "is damaged (" + e.getMessage() + ")", TAKE_ANOTHER, e);
    }
  }

  private static CheckpointJson parse(ObjectNode json) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    json.path("metrics")
        .propertyStream()
        .forEach(metric -> metrics.put(metric.getKey(), metric.getValue().asDouble(Double.NaN)));
    Map<String, ObjectNode> state = new LinkedHashMap<>();
    json.path("state")
        .propertyStream()
        .forEach(part -> state.put(part.getKey(), part.getValue().asObject()));
    Map<String, FileStamp> files = new LinkedHashMap<>();
    json.path("files")
        .propertyStream()
        .forEach(stamp ->
            files.put(
                stamp.getKey(),
                new FileStamp(
                    stamp.getValue().path("bytes").asLong(-1),
                    stamp.getValue().path("crc32c").asString(""))));
    CheckpointFacts facts =
        new CheckpointFacts(
            json.path("step").asLong(-1),
            json.path("seed").asLong(0),
            json.path("configHash").asString(""),
            metrics);
    return new CheckpointJson(facts, state, files);
  }
}
