using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Update;

namespace LiveHub.PostgreSql.Capture;

/// <summary>One of EF Core's statements in a batch, and what is known of the rows behind it.</summary>
/// <param name="Command">The statement.</param>
/// <param name="Sources">Whose rows it writes.</param>
/// <param name="Cascades">What the database does by itself when it deletes.</param>
/// <param name="ReturnsBefore">Whether the statement returns the row that it finds, so that nothing needs to be read in front of it.</param>
/// <param name="ReturnsAfter">Whether it returns the row that it leaves.</param>
internal readonly record struct CapturedCommand(
    IReadOnlyModificationCommand Command, RowSource[] Sources, Cascade[] Cascades, bool ReturnsBefore, bool ReturnsAfter)
{
    public bool IsExposed => Sources.Length > 0 || Cascades.Length > 0;

    /// <summary>What it finds is read in front of the batch, under lock.</summary>
    public bool LocksFirst => !ReturnsBefore && !IsProcedure && ((Sources.Length > 0 && Command.EntityState is EntityState.Modified or EntityState.Deleted) || Array.Exists(Cascades, c => c.ParentKey is not null));

    public bool ReturnsRow => ReturnsBefore || ReturnsAfter;

    /// <summary>Nobody knows what a stored procedure writes: what it may have touched is read again.</summary>
    public bool IsProcedure => Command.StoreStoredProcedure is not null;

    /// <summary>Whose rows it returns: what is only a part of a row is not worth it.</summary>
    public IEnumerable<RowSource> Returned => ReturnsRow ? Sources.Where(s => s.IsWhole) : [];

    /// <summary>The columns that it returns, in the order in which <see cref="CapturedRows.AddReturned"/> reads them.</summary>
    public IEnumerable<string> Returning()
    {
        foreach (var source in Returned)
        {
            if (ReturnsBefore)
            {
                // Of a deleted row, the columns are what they were.
                yield return ReturnsAfter ? source.ReturningOld : source.Returning;
            }

            if (ReturnsAfter)
            {
                yield return source.Returning;
            }
        }
    }
}
