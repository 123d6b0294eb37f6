package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DoctorTest {
  @Test
  void findsThisMachineFit() {
    CommandRun run = CommandRun.of("doctor");
    assertEquals(0, run.exitCode(), run.out());
    assertTrue(run.out().contains("All is well."), run.out());
  }

  @Test
  void jsonHasTheDocumentedKeys() {
    CommandRun run = CommandRun.of("doctor", "--json");
    assertEquals(0, run.exitCode(), run.out());
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertEquals(
        List.of(
            "ok",
            "java",
            "platform",
            "os",
            "cpu",
            "libtorch",
            "kernels",
            "threads",
            "memory",
            "foreignLibraries",
            "caches",
            "tokenizers",
            "check",
            "problems"),
        List.copyOf(json.propertyNames()));
    assertTrue(json.get("ok").asBoolean());
    assertTrue(json.get("check").get("passed").asBoolean());
    assertTrue(json.get("kernels").asString().matches("(vector|plain|torch), .+"));
    assertTrue(json.get("threads").get("torch").asInt() > 0);
  }

  @Test
  void whereLibtorchCannotBeLoadedItTellsTheRemedy() throws Exception {
    CommandRun run =
        CommandRun.inOwnJvm(
            List.of("-Dorg.bytedeco.javacpp.platform=linux-arm64"), List.of("doctor", "--json"));
    assertEquals(7, run.exitCode(), run.out());
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertFalse(json.get("ok").asBoolean());
    assertTrue(json.get("libtorch").isNull());
    assertFalse(json.get("problems").get(0).get("remedy").asString().isEmpty());
  }
}
