package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.GoldenFiles;
import org.mneme.InvalidInputException;
import tools.jackson.databind.node.ObjectNode;

class JsonFilesTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("config.json");
  }

  private ObjectNode read() {
    return JsonFiles.readObject(file(), InvalidInputException.Kind.CONFIG);
  }

  @Test
  void aConfigurationOfHuggingFaceSurvivesUnchanged() throws IOException {
    for (Path golden : GoldenFiles.filesOfKind("hf_masked_lm")) {
      Path config = golden.resolveSibling("config.json");
      JsonFiles.write(file(), JsonFiles.readObject(config, InvalidInputException.Kind.CONFIG));
      assertEquals(
          Files.readString(config).strip().replace("1e-12", "1E-12").replace("1e-05", "0.00001"),
          Files.readString(file()).strip());
    }
  }

  @Test
  void unknownKeysTheirOrderAndTheKindOfNumbersSurvive() throws IOException {
    String json =
        """
        {
          "zeta": 1.0,
          "alpha": 0.10,
          "large": 12345678901234567890123,
          "exact": 0.1000000000000000055511151231257827,
          "none": null,
          "limits": [
            0.0,
            Infinity
          ],
          "nested": {},
          "list": [],
          "text": "ä\\n"
        }
        """;
    Files.writeString(file(), json);
    JsonFiles.write(file(), read());
    assertEquals(json, Files.readString(file()));
  }

  private ObjectNode parsed(String json) throws IOException {
    Files.writeString(file(), json);
    return read();
  }

  @Test
  void objectsSayTheSameHoweverKeysAreOrderedAndNumbersAreWritten() throws IOException {
    ObjectNode one = parsed("{\"a\": [1e-06, 10, NaN], \"b\": {\"c\": \"1\", \"d\": null}}");
    assertTrue(
        JsonFiles.saySame(
            one, parsed("{\"b\": {\"d\": null, \"c\": \"1\"}, \"a\": [0.0000010, 1.0E+1, NaN]}")));
    for (String other :
        List.of(
            "{\"a\": [1e-06, 10, Infinity], \"b\": {\"c\": \"1\", \"d\": null}}",
            "{\"a\": [1e-06, 10, 0], \"b\": {\"c\": \"1\", \"d\": null}}",
            "{\"a\": [10, 1e-06, NaN], \"b\": {\"c\": \"1\", \"d\": null}}",
            "{\"a\": [1e-06, 10, NaN], \"b\": {\"c\": 1, \"d\": null}}",
            "{\"a\": [1e-06, 10, NaN], \"b\": {\"c\": \"1\", \"d\": null}, \"e\": 1}",
            "{\"a\": [1e-06, 10, NaN], \"b\": {\"c\": \"1\"}}")) {
      assertFalse(JsonFiles.saySame(one, parsed(other)), other);
      assertFalse(JsonFiles.saySame(parsed(other), one), other);
    }
  }

  @Test
  void smallNumbersStayNumbersWithAFraction() throws IOException {
    Files.writeString(file(), "{\"read\": 1e-12, \"whole\": 1e5}");
    ObjectNode config = read();
    assertEquals(1e-12, config.get("read").doubleValue());
    config.put("put", 1e-12);
    JsonFiles.write(file(), config);
    String written = Files.readString(file());
    assertTrue(written.contains("\"read\": 1E-12,"), written);
    assertTrue(written.contains("\"whole\": 1E+5,"), written);
    assertTrue(written.contains("\"put\": 1.0E-12"), written);
    assertEquals(1e-12, read().get("put").doubleValue());
  }

  @Test
  void whatIsNoJsonObjectIsRefusedWithItsPlace() throws IOException {
    Files.writeString(file(), "{\n  \"a\": 1,\n  oops\n}");
    var error = assertThrows(InvalidInputException.class, this::read);
    assertEquals(InvalidInputException.Kind.CONFIG, error.kind());
    assertTrue(error.toString().contains(file() + ": is not JSON"), error.toString());
    assertTrue(error.toString().contains("line 3"), error.toString());
    Files.writeString(file(), "[1]");
    var list = assertThrows(InvalidInputException.class, this::read);
    assertTrue(list.toString().contains("is no JSON object"), list.toString());
    Files.writeString(file(), "{\"a\": 1, \"a\": 2}");
    var twice = assertThrows(InvalidInputException.class, this::read);
    assertTrue(twice.toString().contains("\"a\""), twice.toString());
  }
}
