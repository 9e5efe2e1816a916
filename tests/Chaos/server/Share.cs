namespace ChaosServer;

/// <summary>
/// Which rows a process writes where an invariant of several rows depends on them: money, and in which list a card is. Across processes, what builds on a transaction may come into the log before it
/// (docs/decisions/0015), and one that was killed may have taken along what it had committed until an epoch is begun (0018); so each process builds on what it has written itself. All other writes
/// race with everybody's.
/// </summary>
/// <param name="Number">From 0.</param>
/// <param name="Of">How many shares there are; the numbers of cards, accounts and vaults are multiples of it.</param>
public sealed record Share(int Number, int Of)
{
    public static Share All { get; } = new(0, 1);

    /// <summary>The row of this share for any row, numbered from 1.</summary>
    public int this[int row] => ((row - 1) / Of * Of) + Number + 1;
}
