package org.mneme.benchmarks.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.mneme.Version;
import org.mneme.tensor.NativeRuntime;
import org.mneme.tensor.environment.Environment;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Our child process of the comparison: the same commands and answers as `memory.py`.
final class OurSide {
  private OurSide() {}

  /// Answers commands until there are no more.
  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err); // what libraries print is no answer
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    OurCase loaded = null;
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      JsonNode command = JsonMapper.shared().readTree(line);
      Map<String, Object> answer = new LinkedHashMap<>();
      switch (command.get("do").asString()) {
        case "versions" -> versions(answer);
        case "load" -> loaded = load(command);
        case "round" -> {
          Round round = required(loaded).round();
          answer.put("ms", round.ms());
          answer.put("stages", round.stages());
        }
        case "results" -> required(loaded).results(folder(command));
        case "rows" -> {
          int[] rows = JsonMapper.shared().treeToValue(command.get("rows"), int[].class);
          required(loaded).rows(rows, folder(command));
        }
        default -> throw new IllegalArgumentException("no command: " + line);
      }
      answers.println(JsonMapper.shared().writeValueAsString(answer));
      answers.flush();
    }
    // what is loaded goes with the process
  }

  private static OurCase load(JsonNode command) {
    NativeRuntime.start();
    torch.set_num_threads(command.get("threads").asInt());
    Shape shape =
        new Shape(
            command.get("case").asString(),
            command.get("keys").asInt(),
            command.get("valueDim").asInt(),
            command.get("dtype").asString());
    return switch (shape.name()) {
      case "step" -> new OurStep(shape, folder(command));
      default -> throw new IllegalArgumentException("no case: " + shape.name());
    };
  }

  private static void versions(Map<String, Object> answer) {
    Version version = Version.current();
    answer.put("mneme", version.mneme());
    answer.put("commit", version.commit());
    answer.put("libtorch", version.libtorch());
    answer.put("java", Runtime.version().toString());
    Environment environment = Environment.gather();
    answer.put(
        "machine",
        Map.of(
            "cpu", environment.cpu().model(),
            "cores", environment.cpu().cores(),
            "simd", environment.cpu().simd(),
            "memoryBytes", environment.memory().total(),
            "os", environment.os().name() + " " + environment.os().version()));
  }

  private static Path folder(JsonNode command) {
    return Path.of(command.get("folder").asString());
  }

  private static OurCase required(@org.jspecify.annotations.Nullable OurCase loaded) {
    if (loaded == null) {
      throw new IllegalStateException("nothing is loaded");
    }
    return loaded;
  }
}
