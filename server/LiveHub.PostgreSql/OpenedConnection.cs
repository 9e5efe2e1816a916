using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql;

/// <summary>
/// A context's connection, open until this is disposed. A context that went back to its pool with one would keep it open in every request that it
/// serves from then on.
/// </summary>
internal readonly struct OpenedConnection : IAsyncDisposable
{
    private readonly DbContext _context;

    private OpenedConnection(DbContext context) => _context = context;

    public static async Task<OpenedConnection> OpenAsync(DbContext context, CancellationToken cancellationToken)
    {
        await context.Database.OpenConnectionAsync(cancellationToken);
        return new(context);
    }

    public ValueTask DisposeAsync() => new(_context.Database.CloseConnectionAsync());
}
