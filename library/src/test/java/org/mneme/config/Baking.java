package org.mneme.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;

/// Settings with every form there is.
record Baking(
    @Described("Whose recipe.") String name,
    @Described(value = "How many.", usual = "12") int loaves,
    @Described(value = "Grains of salt.", usual = "3000000000") long salt,
    @Described("The oven.") Oven oven,
    @Described(value = "What goes in.", usual = "[]") List<Flour> flours,
    @Described(value = "Which form.", usual = "round") Shape shape,
    @Described(value = "How the dough rises.", usual = "{type: slow, share: 1}") Rise dough,
    @Described("Who wants how many.") @Nullable Map<String, Integer> orders,
    @Described(key = "for", value = "Who eats it; absent: everyone.") @Nullable String guest) {

  enum Shape {
    ROUND,
    LONG_AND_THIN
  }

  record Oven(
      @Described("In degrees.") double heat,
      @Described("Whether with steam.") boolean steam,
      @Described("How it warms up.") Rise rise) {
    static final Oven DEFAULT = new Oven(250, true, new Rise.SlowRise(20, 0.5));

    Oven {
      if (heat > 400) {
        throw InvalidInputException.config("baking.oven.heat", heat + " is too hot");
      }
      if (rise instanceof Rise.SlowRise slow && slow.share > 1) {
        throw InvalidInputException.config("oven.rise.share", slow.share + " is above 1");
      }
    }
  }

  sealed interface Rise {
    record SlowRise(@Described("Minutes.") int minutes, @Described("Share.") double share)
        implements Rise {
      static final SlowRise DEFAULT = new SlowRise(30, 0.25);
    }

    record AtOnce() implements Rise {}
  }

  record Flour(@Described("From what.") String grain, @Described("Grams.") int grams) {
    Flour {
      if (grain.isBlank()) {
        throw InvalidInputException.config("flour.grain", "is blank");
      }
      if (grams < 0) {
        throw InvalidInputException.config("grams", grams + " is below 0");
      }
    }

    static Flour of(String grain) {
      return new Flour(grain, 500);
    }
  }
}
