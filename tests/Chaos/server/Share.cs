namespace ChaosServer;

/// <summary>
/// Which rows a process alone writes: those on which an invariant of several rows depends, money and in which list a card is. Across processes, what builds on a transaction may come into the log before it
/// (docs/decisions/0015), and one that was killed may have taken along what it had committed, until an epoch is begun (0018). So there each process builds on what it has written itself. All processes
/// race for the other cards, each of which stays in its list.
/// </summary>
/// <param name="Number">From 0.</param>
/// <param name="Of">How many shares there are; half the cards, the accounts and the vaults are multiples of it. With one, all is its own.</param>
public sealed record Share(int Number, int Of)
{
    public static Share All { get; } = new(0, 1);

    /// <summary>The row of this share in the place of any, which are numbered from 1.</summary>
    public int Own(int row) => ((row - 1) / Of * Of) + Number + 1;

    /// <summary>The card of this share in the place of any; or one that all share, whose number is even.</summary>
    public int Card(int card) => Of == 1 || IsShared(card) ? card : (2 * Own((card + 1) / 2)) - 1;

    /// <summary>How far it is to the next such card.</summary>
    public int Step => Of == 1 ? 1 : 2 * Of;

    /// <summary>The list in which a card that all share stays, in the place of any list.</summary>
    public int List(int card, int list, int lists) => IsShared(card) ? 1 + (card % lists) : list;

    private bool IsShared(int card) => Of > 1 && card % 2 == 0;
}
