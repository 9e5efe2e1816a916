using Npgsql;

namespace LiveHub.PostgreSql.Capture;

/// <summary>The results of a batch's statements, one after the other, waited for or not.</summary>
internal sealed class Results(NpgsqlDataReader reader, bool async, CancellationToken cancellationToken)
{
    private int _statement;

    public NpgsqlDataReader Reader => reader;

    public bool IsAsync => async;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Of the statement that is being looked at.</summary>
#pragma warning disable CS0618 // What replaces it needs an NpgsqlBatch, which EF Core does not make.
    public ulong AffectedRows => reader.Statements[_statement].Rows;
#pragma warning restore CS0618

    /// <summary>Which statement the server refused.</summary>
#pragma warning disable CS0618 // As above.
    public int FaultOf(PostgresException exception) => exception.BatchCommand is { } command ? reader.Statements.ToList().IndexOf(command) : -1;
#pragma warning restore CS0618

    public async ValueTask<bool> ReadAsync() => async ? await reader.ReadAsync(cancellationToken) : reader.Read();

    /// <summary>On from a statement that returns rows.</summary>
    public async ValueTask NextAsync()
    {
        _statement++;
        _ = async ? await reader.NextResultAsync(cancellationToken) : reader.NextResult();
    }

    /// <summary>On from a statement that returns none: the reader stands at the next one that does already.</summary>
    public void Skip() => _statement++;
}
