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
import org.jspecify.annotations.Nullable;
import org.mneme.bench.Round;
import org.mneme.bench.Setting;
import org.mneme.bench.Sizes;
import org.mneme.bench.Stage;
import org.mneme.tensor.NativeRuntime;
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
    Stage loaded = null;
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      JsonNode command = JsonMapper.shared().readTree(line);
      Map<String, Object> answer = new LinkedHashMap<>();
      switch (command.get("do").asString()) {
        case "versions" -> {
          Setting here = Setting.here();
          answer.put("machine", here.machine());
          answer.put("versions", here.versions());
        }
        case "load" -> loaded = load(command);
        case "round" -> {
          Round round = required(loaded).run();
          answer.put("ms", round.ms());
          answer.put("stages", round.stages());
        }
        case "results" -> {
          Stage stage = required(loaded);
          OutcomeFiles.write(stage.results(), stage.slots(), folder(command));
        }
        case "rows" -> {
          int[] rows = JsonMapper.shared().treeToValue(command.get("rows"), int[].class);
          RawFiles.write(folder(command).resolve("rows"), required(loaded).rows(rows));
        }
        default -> throw new IllegalArgumentException("no command: " + line);
      }
      answers.println(JsonMapper.shared().writeValueAsString(answer));
      answers.flush();
    }
    // what is loaded goes with the process
  }

  private static Stage load(JsonNode command) {
    NativeRuntime.start();
    torch.set_num_threads(command.get("threads").asInt());
    return new Shape(
            command.get("case").asString(),
            new Sizes(command.get("keys").asInt(), command.get("valueDim").asInt()),
            command.get("dtype").asString())
        .stage();
  }

  private static Path folder(JsonNode command) {
    return Path.of(command.get("folder").asString());
  }

  private static Stage required(@Nullable Stage loaded) {
    if (loaded == null) {
      throw new IllegalStateException("nothing is loaded");
    }
    return loaded;
  }
}
