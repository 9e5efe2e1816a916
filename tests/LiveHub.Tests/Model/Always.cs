using FsCheck;
using FsCheck.Fluent;

namespace LiveHub.Tests.Model;

/// <summary>
/// Properties. A failure prints the smallest case that was found and the seed, as in <c>(11716925408231871417,13213467214837431435)</c>;
/// give it to <c>WithReplay</c> below to see the same cases again.
/// </summary>
internal static class Always
{
    private static readonly Config Base = Config.QuickThrowOnFailure;

    /// <summary>Something holds for every case.</summary>
    public static void Holds<T>(Gen<T> cases, Action<T> check, int runs = 200)
        => Check.One(Base.WithMaxTest(runs), Prop.ForAll(cases.ToArbitrary(), check));

    /// <summary>Something holds for every list of things; what fails is made shorter.</summary>
    public static void HoldsForLists<T>(Gen<T> items, Action<T[]> check, int runs = 200)
        => Check.One(Base.WithMaxTest(runs), Prop.ForAll(Arb.From(items.ArrayOf(), Shorter), check));

    /// <summary>Something holds for every list of things after some preparation.</summary>
    public static void HoldsForLists<TFirst, T>(Gen<TFirst> first, Gen<T> items, Action<TFirst, T[]> check, int runs = 200)
        => Check.One(Base.WithMaxTest(runs), Prop.ForAll(first.ToArbitrary(), Arb.From(items.ArrayOf(), Shorter), check));

    /// <summary>Some cases, for where each is dear. The seed is in the test's output.</summary>
    public static IReadOnlyList<T> Sample<T>(Gen<T> cases, int count)
    {
        var seed = (ulong)Random.Shared.NextInt64();
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed of the sample: {seed}");
        return [.. cases.Sample(count, new Rnd(seed), size: 50)];
    }

    private static IEnumerable<T[]> Shorter<T>(T[] items)
    {
        for (var length = items.Length / 2; length > 0; length /= 2)
        {
            for (var start = 0; start + length <= items.Length; start += length)
            {
                yield return [.. items[..start], .. items[(start + length)..]];
            }
        }
    }
}
