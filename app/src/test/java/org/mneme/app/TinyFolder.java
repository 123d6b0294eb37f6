package org.mneme.app;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.model.Activation;
import org.mneme.model.BertConfig;
import org.mneme.model.HeadConfig;
import org.mneme.model.LlamaConfig;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.NewModelConfig;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A model folder small enough for a test, and texts of the words that its tokenizer knows.
public final class TinyFolder {
  private static final List<String> NOUNS = List.of("cat", "dog", "bird", "fish", "tree", "river");
  private static final List<String> VERBS = List.of("sits", "runs", "sleeps", "grows", "stands");
  private static final List<String> PLACES = List.of("on", "under", "near", "in");

  private TinyFolder() {}

  /// Writes a model with fresh weights: dim 16, 2 blocks, 104 words, 40 positions, a tied head.
  public static Path model(Path folder) {
    Path resources = resources();
    ObjectNode config = (ObjectNode) json(resources.resolve("config.json"));
    try (var model = new MaskedLanguageModel(BertConfig.fromJson(config), 7)) {
      ModelFolder.write(folder, config, model.parameters(), resources);
    }
    return folder;
  }

  /// Writes that model with a fresh head for a task.
  public static Path task(Path folder, HeadConfig head) {
    Path plain = model(folder.resolveSibling(folder.getFileName() + "-plain"));
    try (var model = PretrainedModel.loadWithNewTask(plain, head, 7, config -> config)) {
      model.save(folder);
    }
    return folder;
  }

  /// Writes a causal model of the same sizes with fresh weights.
  public static Path causal(Path folder) {
    var config = new NewModelConfig.Gpt2(16, 2, 2, 0, Activation.GELU_NEW, 40).config(104, 0);
    try (var model = PretrainedModel.create(config, resources(), 7)) {
      model.save(folder);
    }
    return folder;
  }

  /// Writes a Llama of such sizes with fresh weights.
  public static Path llama(Path folder) {
    ObjectNode json = JsonMapper.shared().createObjectNode().put("model_type", "llama");
    json.put("vocab_size", 104).put("hidden_size", 16).put("num_hidden_layers", 2);
    json.put("num_attention_heads", 2).put("num_key_value_heads", 1);
    json.put("intermediate_size", 20).put("max_position_embeddings", 40);
    try (var model = PretrainedModel.create(LlamaConfig.fromJson(json), resources(), 7)) {
      model.save(folder);
    }
    return folder;
  }

  /// The folder of its tokenizer.
  public static Path resources() {
    try {
      var file = Objects.requireNonNull(TinyFolder.class.getResource("/tiny/config.json"));
      return Objects.requireNonNull(Path.of(file.toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /// Writes `lines` sentences of 6 to 10 words.
  public static Path text(Path file, int lines, long seed) {
    Random random = new Random(seed);
    return write(file, IntStream.range(0, lines).mapToObj(i -> sentence(random)).toList());
  }

  private static String sentence(Random random) {
    String first = "the " + pick(NOUNS, random) + " " + pick(VERBS, random);
    String place = " " + pick(PLACES, random) + " the " + pick(NOUNS, random);
    return random.nextBoolean()
        ? first + place
        : first + place + " and " + pick(VERBS, random) + place;
  }

  private static String pick(List<String> words, Random random) {
    return words.get(random.nextInt(words.size()));
  }

  /// Writes lines to a file.
  public static Path write(Path file, List<String> lines) {
    try {
      return Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What a JSON file holds.
  public static JsonNode json(Path file) {
    return json(read(file));
  }

  /// The same of a text.
  public static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  /// The text of a file.
  public static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The page in a file; an AssertionError where it is not well-formed XML.
  public static Document page(Path file) {
    try {
      var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
      builder.setErrorHandler(null);
      return builder.parse(new InputSource(new StringReader(read(file))));
    } catch (ParserConfigurationException | SAXException | IOException e) {
      throw new AssertionError(file + " is not well-formed", e);
    }
  }
}
