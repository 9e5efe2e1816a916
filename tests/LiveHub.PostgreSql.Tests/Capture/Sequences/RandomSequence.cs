using System.Data.Common;
using System.Transactions;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture.Sequences;

/// <summary>Some writes at random: of one or several contexts, each for itself or in one transaction, which ends in one of many ways.</summary>
internal sealed partial class RandomSequence(CaptureApp app, Random random)
{
    private readonly List<string> _said = [];
    private readonly HashSet<string> _entities = [];
    private readonly List<string> _savepoints = [];
    private List<DbContext> _contexts = [];
    private IDbContextTransaction? _transaction;
    private bool _isOver;

    /// <summary>The entities that may have been written.</summary>
    public IReadOnlySet<string> Entities => _entities;

    /// <summary>Stands in the changeset of a transaction that was committed.</summary>
    public Guid? Mark { get; private set; }

    public override string ToString() => string.Join(", ", _said);

    public Task RunAsync() => random.Next(10) switch
    {
        < 3 => RunAloneAsync(),
        < 8 => RunInTransactionAsync(),
        8 => RunInAdoTransactionAsync(),
        _ => RunInScopeAsync(),
    };

    private async Task RunAloneAsync()
    {
        Say("no transaction");
        var scopes = Enumerable.Range(0, random.Next(1, 4)).Select(_ => app.Scope()).ToList();
        _contexts = [.. scopes.Select(s => (DbContext)(random.Next(3) == 0 ? s.ServiceProvider.GetRequiredService<ShopDb>() : s.ServiceProvider.GetRequiredService<YardDb>()))];
        await StepsAsync();
        foreach (var scope in scopes)
        {
            await scope.DisposeAsync();
        }
    }

    private async Task RunInTransactionAsync()
    {
        Say("transaction");
        await using var connection = new NpgsqlConnection(app.ConnectionString);
        _contexts = ContextsOn(connection);
        _transaction = await _contexts[0].Database.BeginTransactionAsync();
        foreach (var other in _contexts.Skip(1))
        {
            await other.Database.UseTransactionAsync(_transaction.GetDbTransaction());
        }

        await StepsAsync();
        await EndAsync(async () => await _transaction.CommitAsync(), async () => await _transaction.RollbackAsync());
        await DisposeAsync();
    }

    private async Task RunInAdoTransactionAsync()
    {
        Say("transaction of ADO.NET");
        await using var connection = new NpgsqlConnection(app.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        _contexts = ContextsOn(connection);
        foreach (var context in _contexts)
        {
            var used = await context.Database.UseTransactionAsync(transaction);
            _transaction ??= used;
        }

        await StepsAsync();
        await EndAsync(() => transaction.CommitAsync(), () => transaction.RollbackAsync());
        await DisposeAsync();
    }

    private async Task RunInScopeAsync()
    {
        Say("ambient transaction");
        try
        {
            using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
            await using var services = app.Scope();
            _contexts = [services.ServiceProvider.GetRequiredService<ShopDb>(), services.ServiceProvider.GetRequiredService<YardDb>()];
            await StepsAsync(stopsAtFailure: true);
            await EndAsync(
                () =>
                {
                    scope.Complete();
                    return Task.CompletedTask;
                },
                () => Task.CompletedTask);
        }
        catch (TransactionException)
        {
            Mark = null;
        }
    }

    private List<DbContext> ContextsOn(NpgsqlConnection connection)
        => [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(2) == 0 ? (DbContext)app.On<ShopDb>(connection) : app.On<YardDb>(connection)), app.On<YardDb>(connection)];

    private async Task DisposeAsync()
    {
        await (_transaction?.DisposeAsync() ?? ValueTask.CompletedTask);
        foreach (var context in _contexts)
        {
            await context.DisposeAsync();
        }
    }

    private async Task EndAsync(Func<Task> commit, Func<Task> rollback)
    {
        var end = _isOver ? 3 : random.Next(5);
        Say(end switch { 3 => "roll back", 4 => "abandon", _ => "commit" });
        switch (end)
        {
            case < 3:
                if (_contexts.OfType<YardDb>().FirstOrDefault() is { } yard)
                {
                    yard.ChangeTracker.Clear();
                    Mark = Guid.NewGuid();
                    yard.Add(new Mark { Id = Mark.Value });
                    await yard.SaveChangesAsync();
                }

                await commit();
                break;
            case 3:
                await rollback();
                break;
        }
    }

    private async Task StepsAsync(bool stopsAtFailure = false)
    {
        for (var steps = random.Next(1, 9); steps > 0 && !_isOver; steps--)
        {
            var context = _contexts[random.Next(_contexts.Count)];
            if (_transaction is not null && random.Next(4) == 0)
            {
                await SavepointAsync(_transaction);
            }

            try
            {
                await WriteAsync(context);
                if (random.Next(3) > 0)
                {
                    Say("save");
                    _ = random.Next(2) == 0 ? await context.SaveChangesAsync() : context.SaveChanges();
                }
            }
            catch (Exception e) when (e is DbUpdateException or InvalidOperationException or DbException)
            {
                Say($"failed: {e.GetBaseException().GetType().Name}");
                context.ChangeTracker.Clear();
                _isOver = stopsAtFailure || e is DbException;
            }
        }
    }

    private void Say(string text) => _said.Add(text);
}
