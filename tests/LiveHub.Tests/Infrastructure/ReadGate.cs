using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Infrastructure;

/// <summary>Keeps reads of a table waiting while it is closed; the snapshot they belong to is taken already.</summary>
internal sealed class ReadGate(string table) : DbCommandInterceptor
{
    private TaskCompletionSource _open = Completed();
    private TaskCompletionSource _waiting = new();

    /// <summary>Completes when a read has come to the closed gate.</summary>
    public Task Waiting => _waiting.Task;

    public void Attach(IServiceCollection services) => services.ConfigureDbContext<ShopDb>(options => options.AddInterceptors(this));

    public void Close()
    {
        _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Open() => _open.TrySetResult();

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        if (command.CommandText.Contains(table, StringComparison.Ordinal))
        {
            var open = _open.Task;
            if (!open.IsCompleted)
            {
                _waiting.TrySetResult();
                await open.WaitAsync(cancellationToken);
            }
        }

        return result;
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
