package org.mneme.benchmarks.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.bench.Setting;
import org.mneme.tensor.NativeRuntime;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Our child process of `run training`, `run inference`, `run recurrent` and `run generation`: the
/// same commands and answers as `encoder.py`, `recurrent.py` and `generation.py`.
final class OurModelSide {
  private OurModelSide() {}

  /// What a model does when it is told so.
  interface Work {
    /// Runs a command and returns its answer.
    Map<String, Object> answer(JsonNode command);
  }

  /// Answers commands until there are no more.
  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err); // what libraries print is no answer
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Work work = null;
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      JsonNode command = JsonMapper.shared().readTree(line);
      Map<String, Object> answer;
      switch (command.get("do").asString()) {
        case "versions" -> {
          Setting here = Setting.here();
          answer = Map.of("machine", here.machine(), "versions", here.versions());
        }
        case "load" -> {
          work = load(command);
          answer = Map.of();
        }
        default -> answer = required(work).answer(command);
      }
      answers.println(JsonMapper.shared().writeValueAsString(answer));
      answers.flush();
    }
    // what is loaded goes with the process
  }

  private static Work load(JsonNode command) {
    NativeRuntime.start();
    torch.set_num_threads(command.get("threads").asInt());
    return switch (command.get("case").asString()) {
      case "training" -> new OurTraining(command);
      case "inference" -> new OurInference(command);
      case "recurrent" -> new OurRecurrent(command);
      case "generation" -> new OurGeneration(command);
      default -> throw new IllegalArgumentException("no case: " + command);
    };
  }

  private static Work required(@Nullable Work work) {
    if (work == null) {
      throw new IllegalStateException("nothing is loaded");
    }
    return work;
  }
}
