using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace LiveHub.Tests.Infrastructure;

/// <summary>Counts the queries that a context sends.</summary>
public sealed class CommandCounter : DbCommandInterceptor
{
    private readonly ConcurrentQueue<string> _queries = new();

    public int Count(string text) => _queries.Count(q => q.Contains(text, StringComparison.Ordinal));

    /// <summary>How many different queries.</summary>
    public int Distinct(string text) => _queries.Where(q => q.Contains(text, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Count();

    public void Reset() => _queries.Clear();

    public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        _queries.Enqueue(command.CommandText);
        return result;
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        _queries.Enqueue(command.CommandText);
        return new(result);
    }
}
