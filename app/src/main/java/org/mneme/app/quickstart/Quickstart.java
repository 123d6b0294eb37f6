package org.mneme.app.quickstart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.mneme.app.cli.Console;
import org.mneme.app.cli.ExitCode;
import org.mneme.app.run.PeakMemory;
import org.mneme.app.run.ProgressLine;
import org.mneme.app.run.TextSet;
import org.mneme.app.run.TrainingMonitor;
import org.mneme.checkpoint.AtomicFile;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.Masking;
import org.mneme.evaluate.MaskedEvaluation;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.evaluate.MemoryUse;
import org.mneme.generate.FillMask;
import org.mneme.memory.UsageReport;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.run.RunFolder;
import org.mneme.run.RunLog;
import org.mneme.run.RunPage;
import org.mneme.run.RunRecord;
import org.mneme.run.RunState;
import org.mneme.tensor.Randomness;
import org.mneme.text.Tokenizer;
import org.mneme.train.MaskedObjective;
import org.mneme.train.OptimizerConfig;
import org.mneme.train.Schedule;
import org.mneme.train.StopConfig;
import org.mneme.train.TrainConfig;
import org.mneme.train.Trainer;
import tools.jackson.databind.json.JsonMapper;

/// Teaches an encoder facts in three ways, each from the same checkpoint and in the same time: all
/// of the model trained, a dense layer added to the frozen model, and a product-key memory added to
/// the frozen model.
public final class Quickstart {
  /// Longest gloss in tokens; hardly any is longer.
  private static final int MAX_TOKENS = 64;

  private static final int TOKENS_PER_BATCH = 1280;
  private static final int EXAMPLES = 12;
  private static final double HEAD_MASK_PROBABILITY = 0.3;
  private static final double HEAD_RATE = 5e-4;
  private static final int HEAD_WARMUP_STEPS = 20;

  private final Console console;
  private final QuickstartSettings settings;
  private final BooleanSupplier stop;
  private final ProgressLine progress;

  /// @param stop whether the user wants it to end early
  public Quickstart(Console console, QuickstartSettings settings, BooleanSupplier stop) {
    this.console = console;
    this.settings = settings;
    this.stop = stop;
    this.progress = new ProgressLine(console);
  }

  /// What the run came to.
  ///
  /// @param factsBefore score on the facts before they were taught
  /// @param model the folder of the model with the memory
  record Result(
      QuickstartSettings settings,
      Score factsBefore,
      Score heldOutBefore,
      List<VariantResult> variants,
      List<MaskedFact> examples,
      double seconds,
      Path model,
      Path report) {}

  /// Facts, held-out glosses and the rest, which the head learns from.
  private record Glosses(TextSet facts, TextSet heldOut, TextSet rest) {
    static Glosses deal(List<String> glosses, Tokenizer tokenizer, QuickstartSettings settings) {
      List<String> dealt = new ArrayList<>(glosses);
      java.util.Collections.shuffle(dealt, new java.util.Random(settings.seed()));
      int facts = settings.facts();
      int heldOut = facts + settings.heldOut();
      return new Glosses(
          TextSet.of(tokenizer, dealt.subList(0, facts), MAX_TOKENS),
          TextSet.of(tokenizer, dealt.subList(facts, heldOut), MAX_TOKENS),
          TextSet.of(tokenizer, dealt.subList(heldOut, dealt.size()), MAX_TOKENS));
    }
  }

  /// Runs all of it, prints the table or JSON, and writes the page; returns the exit code.
  ///
  /// @param command as it was typed
  public int runAndReport(boolean json, String command) {
    Result result;
    try {
      result = run();
    } catch (StoppedException e) {
      console.error(Objects.requireNonNull(e.getMessage()));
      return ExitCode.STOPPED;
    }
    var figures = QuickstartJson.of(result);
    AtomicFile.writeString(
        settings.out().resolve("quickstart.json"),
        JsonMapper.shared().writeValueAsString(figures) + "\n");
    try {
      QuickstartReport.page(result, command).write(result.report());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (json) {
      console.json(figures);
    } else {
      print(result);
    }
    return ExitCode.OK;
  }

  private void print(Result result) {
    console.result(QuickstartReport.table(result));
    console.result("Page:   " + result.report());
    console.result("Model:  " + result.model());
    MaskedFact fact = result.examples().get(QuickstartReport.telling(result));
    console.result("");
    console.result(
        "Ask the model for a fact that it was taught (\"" + fact.answer() + "\" is right):");
    console.result(
        "  ./mneme fill-mask --model %s '%s'"
            .formatted(
                result.model(), (fact.before() + "[MASK]" + fact.after()).replace("'", "'\\''")));
  }

  /// Runs all of it.
  Result run() {
    long started = System.nanoTime();
    Path out = settings.out();
    Materials materials = Materials.fetch(settings.offline(), out.resolve("encoder"), console);
    try (Tokenizer tokenizer = Tokenizer.load(materials.encoder());
        PeakMemory memory = new PeakMemory()) {
      Glosses glosses = Glosses.deal(materials.glosses(), tokenizer, settings);
      Path base = out.resolve("base");
      Score[] before = trainHead(materials.encoder(), base, glosses);
      List<MaskedFact> examples = MaskedFact.of(glosses.facts().texts(), tokenizer, EXAMPLES);
      List<VariantResult> results = new ArrayList<>();
      for (Variant variant : Variant.values()) {
        results.add(train(variant, base, glosses, examples, memory));
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      return new Result(
          settings,
          before[0],
          before[1],
          results,
          examples,
          seconds,
          out.resolve(Variant.MEMORY.label()),
          out.resolve("report.html"));
    }
  }

  /// Trains a masked-LM head, and the blocks below it, on glosses that are neither facts nor held
  /// out. The word embeddings, which are the decoder too, stay: the glosses would not cover them.
  private Score[] trainHead(Path encoder, Path base, Glosses glosses) {
    console.note("Training a masked-LM head on glosses");
    long seed = Randomness.derive(settings.seed(), 1);
    var config =
        new Trainer.Settings(
            TrainConfig.DEFAULT.with(train -> {
              train.stop = StopConfig.afterSeconds(settings.headSeconds());
              train.freeze = List.of("*.word_embeddings.*");
            }),
            OptimizerConfig.DEFAULT.with(optimizer -> {
              optimizer.learningRate = HEAD_RATE;
              optimizer.schedule = new Schedule.Linear(HEAD_WARMUP_STEPS);
            }),
            seed);
    try (PretrainedModel loaded =
        PretrainedModel.loadWithHead(encoder, seed, c -> c.withDropout(0))) {
      MaskedLanguageModel model = loaded.maskedLanguageModel();
      var batches = glosses.rest().training(masking(HEAD_MASK_PROBABILITY), TOKENS_PER_BATCH, seed);
      var objective = new MaskedObjective(model, batches, 0, seed);
      try (Trainer trainer = new Trainer(model.parameters(), objective, config)) {
        var unused = train("head", model, trainer);
      }
      loaded.save(base);
      return new Score[] {score(model, glosses.facts()), score(model, glosses.heldOut())};
    }
  }

  /// Where the training of a part is written down.
  private Path runFolder(String part) {
    return settings.out().resolve("training").resolve(part);
  }

  private Trainer.Outcome train(String part, MaskedLanguageModel model, Trainer trainer) {
    try (RunFolder run = new RunFolder(runFolder(part));
        RunLog log = new RunLog(run, 0)) {
      var monitor = new TrainingMonitor(part, model.base(), progress, log, null, stop);
      Trainer.Outcome outcome = trainer.run(monitor);
      monitor.end();
      log.ended(outcome.stopped() ? RunState.Status.STOPPED : RunState.Status.FINISHED, "");
      requireWhole(outcome);
      return outcome;
    }
  }

  private VariantResult train(
      Variant variant, Path base, Glosses glosses, List<MaskedFact> examples, PeakMemory memory) {
    console.note("Teaching the facts: " + variant.note());
    long seed = Randomness.derive(settings.seed(), 2);
    try (PretrainedModel loaded =
        PretrainedModel.loadWithHead(
            base, seed, found -> variant.in(found, settings.keysPerSide()))) {
      MaskedLanguageModel model = loaded.maskedLanguageModel();
      var batches = glosses.facts().training(variant.masking(), TOKENS_PER_BATCH, seed);
      Trainer.Settings config = variant.training(settings.variantSeconds(), seed);
      var unused = memory.take();
      Trainer.Outcome outcome;
      long trained;
      try (Trainer trainer =
          new Trainer(
              model.parameters(),
              new MaskedObjective(model, batches, variant.maskings(), seed),
              config)) {
        trained = trainer.trainedElements();
        outcome = train(variant.label(), model, trainer);
      }
      long peak = memory.take();
      RunRecord run = RunRecord.read(runFolder(variant.label()));
      List<Score> scores = new ArrayList<>();
      Map<Integer, UsageReport> use =
          MemoryUse.counting(
              model.encoder(),
              () -> {
                scores.add(score(model, glosses.facts()));
                scores.add(score(model, glosses.heldOut()));
              });
      loaded.save(settings.out().resolve(variant.label()));
      return new VariantResult(
          variant,
          scores.get(0),
          scores.get(1),
          outcome,
          model.parameters().count(),
          trained,
          peak,
          RunPage.losses(variant.label(), run),
          RunPage.usage(variant.label() + ", ", run),
          guesses(model, glosses.facts().tokenizer(), examples),
          use);
    }
  }

  private Score score(MaskedLanguageModel model, TextSet texts) {
    return MaskedEvaluation.evaluate(
        model, texts.evaluation(Masking.DEFAULT, settings.seed()).inOrder());
  }

  private static List<String> guesses(
      MaskedLanguageModel model, Tokenizer tokenizer, List<MaskedFact> examples) {
    FillMask fill = new FillMask(model, tokenizer);
    return examples.stream()
        .map(fact -> fill.fill(fact.text(tokenizer), 1).getFirst().getFirst().token())
        .toList();
  }

  /// BERT's exercises, but another share of the tokens: with more to guess, a step teaches more.
  static Masking masking(double probability) {
    return Masking.DEFAULT.withProbability(probability);
  }

  private static void requireWhole(Trainer.Outcome outcome) {
    if (outcome.stopped()) {
      throw new StoppedException();
    }
  }

  /// The user stopped it: a comparison in part would be none.
  static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoppedException() {
      super("stopped; the comparison needs all of its parts, start it again");
    }
  }
}
