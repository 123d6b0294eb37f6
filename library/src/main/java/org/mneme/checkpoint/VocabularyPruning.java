package org.mneme.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.CompanionFiles.Content;
import org.mneme.checkpoint.VocabularyTensors.Part;
import org.mneme.file.Sha256;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.BertConfig;
import org.mneme.tensor.KeptRows;
import org.mneme.text.ReducedTokenizer;
import org.mneme.text.Tokenizer;
import tools.jackson.databind.node.ObjectNode;

/// Makes model folders with a part of the vocabulary, and whole ones of them again. Matrices go
/// from file to file, a few megabytes at a time.
public final class VocabularyPruning {
  private static final String GENERATION = "generation_config.json";
  private static final long CHUNK = 8 << 20;

  private VocabularyPruning() {}

  /// What came of it.
  ///
  /// @param bytesBefore of the weights that were read
  /// @param bytes of those that were written
  public record Result(KeptRows kept, long bytesBefore, long bytes) {}

  /// Writes the model in `folder` to `target` with the tokens `used`, the special ones, and those
  /// that its tokenizer needs to find them.
  ///
  /// @throws InvalidInputException where a folder is unusable, pruned already, or its own target
  public static Result prune(Path folder, BitSet used, Path target) {
    requireOther(folder, target);
    try (ModelFolder model = ModelFolder.open(folder)) {
      if (PrunedVocabulary.of(model.config()).isPresent()) {
        throw InvalidInputException.config(
            "pruned_vocabulary", folder + " is pruned already; take the model it was made from");
      }
      VocabularyTensors tensors = VocabularyTensors.of(model);
      BitSet wanted = (BitSet) used.clone();
      wanted.or(needed(model, tensors.vocabulary()));
      var tokenizer = ReducedTokenizer.of(folder, tensors.vocabulary(), wanted);
      KeptRows kept = tokenizer.kept();
      new PrunedVocabulary(
              kept, tokenizerHash(folder), hash(model.weights().bytes(tensors.words())))
          .putInto(model.config());
      Map<String, Content> companions = new LinkedHashMap<>(CompanionFiles.read(folder).contents());
      companions.remove("tokenizer.model"); // has all tokens, and tokenizer.json what is needed
      tokenizer.files().forEach((name, bytes) -> companions.put(name, Content.of(bytes)));
      generation(folder)
          .ifPresent(json -> {
            PrunedVocabulary.prune(json, kept);
            companions.put(GENERATION, Content.of(JsonFiles.bytes(json)));
          });
      Map<String, TensorContent> contents = new LinkedHashMap<>();
      for (String name : model.weights().names()) {
        contents.put(
            name,
            tensors.parts().containsKey(name)
                ? RowContents.cut(model.weights(), name, kept)
                : RowContents.copy(model.weights(), name));
      }
      companions.putAll(AdapterFiles.copies(folder));
      ModelFolder.replace(target, model.config(), contents, new CompanionFiles(companions));
      return new Result(kept, RowContents.bytes(model.weights()), RowContents.bytes(contents));
    }
  }

  /// How other libraries generate with the model in `folder`, where that is told.
  private static Optional<ObjectNode> generation(Path folder) {
    Path file = folder.resolve(GENERATION);
    return Files.isRegularFile(file)
        ? Optional.of(JsonFiles.readObject(file, InvalidInputException.Kind.CONFIG))
        : Optional.empty();
  }

  /// Ids that `config.json` and `generation_config.json` name, and with a RoBERTa those up to its
  /// padding's, from which it counts positions.
  private static BitSet needed(ModelFolder model, int rows) {
    BitSet ids = PrunedVocabulary.ids(model.config(), rows);
    generation(model.path()).ifPresent(json -> ids.or(PrunedVocabulary.ids(json, rows)));
    if (ArchitectureConfig.fromJson(model.config()) instanceof BertConfig encoder
        && encoder.family() == BertConfig.Family.ROBERTA) {
      ids.set(0, encoder.padId() + 1);
    }
    return ids;
  }

  private static String tokenizerHash(Path folder) {
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      return tokenizer.hash();
    }
  }

  private static String hash(MemorySegment bytes) {
    MessageDigest digest = Sha256.digest();
    for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
      digest.update(bytes.asSlice(at, Math.min(CHUNK, bytes.byteSize() - at)).asByteBuffer());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /// Writes the model in `folder`, which was pruned from `base` and may have been trained since, to
  /// `target` with the whole vocabulary: its own rows in their old places, the others as `base` has
  /// them, and `base`'s tokenizer.
  ///
  /// @throws InvalidInputException where `folder` was not pruned, or not from `base`
  public static Result restore(Path folder, Path base, Path target) {
    requireOther(folder, target);
    requireOther(base, target);
    try (ModelFolder small = ModelFolder.open(folder);
        ModelFolder whole = ModelFolder.open(base)) {
      PrunedVocabulary pruned =
          PrunedVocabulary.of(small.config())
              .orElseThrow(() ->
                  InvalidInputException.config(
                      "pruned_vocabulary",
                      folder
                          + " was not made by `mneme vocabulary prune`, or its config.json lost"
                          + " that key; take the folder that it wrote"));
      VocabularyTensors own = VocabularyTensors.of(small);
      VocabularyTensors other = VocabularyTensors.of(whole);
      requireKept(folder, own, pruned);
      requireBase(folder, whole, other, own.dim(), pruned);
      Map<String, TensorContent> contents = new LinkedHashMap<>();
      for (String name : small.weights().names()) {
        Part part = own.parts().get(name);
        contents.put(
            name,
            part == null
                ? RowContents.copy(small.weights(), name)
                : RowContents.restored(
                    small.weights(), name, whole.weights(), other, pruned.kept(), part));
      }
      pruned.takeFrom(small.config());
      Map<String, Content> companions = new LinkedHashMap<>(CompanionFiles.read(base).contents());
      companions.putAll(AdapterFiles.copies(folder));
      if (JsonFiles.saySame(small.config(), whole.config())) {
        // comes after the one that is written, which may spell numbers in another way
        companions.put(ModelFolder.CONFIG, Content.of(base.resolve(ModelFolder.CONFIG)));
      }
      ModelFolder.replace(target, small.config(), contents, new CompanionFiles(companions));
      return new Result(
          pruned.kept(), RowContents.bytes(small.weights()), RowContents.bytes(contents));
    }
  }

  private static void requireKept(Path folder, VocabularyTensors own, PrunedVocabulary pruned) {
    if (own.vocabulary() != pruned.kept().size()) {
      throw InvalidInputException.config(
          "vocab_size",
          "%s has %d tokens, %d were kept; its vocabulary was changed since it was pruned"
              .formatted(folder, own.vocabulary(), pruned.kept().size()));
    }
  }

  private static void requireBase(
      Path folder, ModelFolder base, VocabularyTensors tensors, int dim, PrunedVocabulary pruned) {
    String differs = "";
    if (tensors.vocabulary() != pruned.kept().all()) {
      differs = "it has %d tokens, not %d".formatted(tensors.vocabulary(), pruned.kept().all());
    } else if (tensors.dim() != dim) {
      differs = "it is %d wide, not %d".formatted(tensors.dim(), dim);
    } else if (!tokenizerHash(base.path()).equals(pruned.tokenizer())) {
      differs = "its tokenizer.json is another";
    } else if (!hash(base.weights().bytes(tensors.words())).equals(pruned.words())) {
      differs = "its word embeddings are others";
    }
    if (!differs.isEmpty()) {
      throw InvalidInputException.config(
          "base",
          "%s is not the model that %s was pruned from: %s"
              .formatted(base.path(), folder, differs));
    }
  }

  private static void requireOther(Path source, Path target) {
    try {
      if (Files.exists(source) && Files.exists(target) && Files.isSameFile(source, target)) {
        throw InvalidInputException.config(
            "out", target + " is the folder that is read; name another");
      }
    } catch (IOException e) {
      throw AtomicFile.unwritable(target, e);
    }
  }
}
