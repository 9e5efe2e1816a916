using System.Data.Common;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>EnableRetryOnFailure: what was tried in vain leaves nothing.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData(1, true), InlineData(1, false), InlineData(3, true), InlineData(3, false)]
    public async Task Rule_1_a_save_that_is_tried_again_is_one_changeset_with_the_keys_of_the_last_try(int rows, bool async)
    {
        var faults = await StartRetryingAppAsync();
        await ShopAsync(async db =>
        {
            db.AddRange(Enumerable.Range(1, rows).Select(i => new Shelf { Name = $"{i}" }));
            faults.FailAfter("INSERT INTO");
            await db.SaveAsync(async);
        });

        // That the first try never reached the database is known to nobody: its rows may be read again as well.
        Assert.True(faults.HasHappened);
        Assert.Equal(rows, Assert.Single(await LogAsync(), c => c[0] != "Again Shelf").Length);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_transaction_that_is_tried_again_is_one_changeset(bool async)
    {
        var faults = await StartRetryingAppAsync();
        await ShopAsync(async db =>
        {
            var tries = 0;
            var strategy = db.Database.CreateExecutionStrategy();
            if (async)
            {
                await strategy.ExecuteAsync(() => TryAsync(db));
            }
            else
            {
                strategy.Execute(() => TryAsync(db).GetAwaiter().GetResult());
            }

            Assert.Equal(2, tries);

            async Task TryAsync(ShopDb context)
            {
                tries++;
                context.ChangeTracker.Clear();
                await using var transaction = await context.BeginAsync(async);
                context.Add(new Shelf { Name = $"try {tries}" });
                await context.SaveAsync(async);
                if (tries == 1)
                {
                    faults.FailAfter("INSERT INTO");
                }

                context.Add(new Tag { Name = $"try {tries}" });
                await context.SaveAsync(async);
                await transaction.CommitAsync(async);
            }
        });

        var changes = Assert.Single(await LogAsync());
        Assert.Equal(2, changes.Length);
        Assert.All(changes, c => Assert.EndsWith("try 2", c, StringComparison.Ordinal));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_save_that_the_database_turns_down_once_for_a_serialization_failure_is_one_changeset(bool async)
    {
        await StartRetryingAppAsync();
        await PostgresServer.ExecuteAsync(database.ConnectionString, """
            create sequence turned_down;
            create function turn_down() returns trigger language plpgsql as $$ begin
              if nextval('turned_down') = 1 then raise exception 'not now' using errcode = '40001'; end if;
              return new; end $$;
            create trigger turn_down before insert on "Shelves" for each row execute function turn_down();
            """);
        try
        {
            await ShopAsync(async db =>
            {
                db.AddRange(new Tag { Name = "with it" }, new Shelf { Name = "twice" });
                await db.SaveAsync(async);
            });
        }
        finally
        {
            await PostgresServer.ExecuteAsync(database.ConnectionString, "drop trigger turn_down on \"Shelves\"; drop function turn_down; drop sequence turned_down");
        }

        Assert.Equal(2, Assert.Single(await LogAsync()).Length);
    }

    private async Task<Faults> StartRetryingAppAsync()
    {
        await StartAppAsync("retries", o =>
        {
            var faults = new Faults();
            o.Npgsql = npgsql => npgsql.EnableRetryOnFailure(3, TimeSpan.FromMilliseconds(1), null);
            o.Context = context => context.AddInterceptors(faults);
            o.Services = services => services.AddSingleton(faults);
        });
        return _app.Services.GetRequiredService<Faults>();
    }

    /// <summary>Fails one command as a network does: before it is sent.</summary>
    private sealed class Faults : DbCommandInterceptor
    {
        private string? _text;

        public bool HasHappened => _text is null;

        public void FailAfter(string text) => _text = text;

        public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
        {
            Fail(command);
            return result;
        }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Fail(command);
            return new(result);
        }

        private void Fail(DbCommand command)
        {
            if (_text is not null && command.CommandText.Contains(_text, StringComparison.Ordinal))
            {
                _text = null;
                throw new NpgsqlException("The network is gone.", new IOException());
            }
        }
    }
}
