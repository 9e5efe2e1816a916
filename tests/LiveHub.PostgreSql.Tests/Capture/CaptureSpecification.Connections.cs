using LiveHub.Backplane;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Ways to configure the provider, batches, stamps, and faults of LiveHub's own.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData("plain"), InlineData("multiplexing"), InlineData("prepare"), InlineData("no reset"), InlineData("no pool"), InlineData("pooled contexts"), InlineData("batch of one")]
    public async Task Rule_1_however_the_provider_is_configured_the_changesets_are_the_same(string configuration)
    {
        await StartAppAsync(configuration, o =>
        {
            o.Connection = c =>
            {
                c.Multiplexing = configuration == "multiplexing";
                (c.MaxAutoPrepare, c.AutoPrepareMinUsages) = configuration == "prepare" ? (20, 2) : (0, 5);
                c.NoResetOnClose = configuration == "no reset";
                c.Pooling = configuration != "no pool";
            };
            o.Pooled = configuration == "pooled contexts";
            o.Npgsql = npgsql => npgsql.MaxBatchSize(configuration == "batch of one" ? 1 : 100);
        });
        for (var i = 0; i < 4; i++)
        {
            await ShopAsync(async db =>
            {
                var shelf = new Shelf { Name = $"shelf {i}" };
                db.AddRange(shelf, new Tag { Name = $"tag {i}" });
                await db.SaveChangesAsync();
                shelf.Name += "!";
                await db.SaveChangesAsync();
                await using (var transaction = await db.Database.BeginTransactionAsync())
                {
                    shelf.Photo = [1];
                    await db.SaveChangesAsync();
                    await transaction.CreateSavepointAsync("here");
                    shelf.Photo = [2];
                    await db.SaveChangesAsync();
                    await transaction.RollbackToSavepointAsync("here");
                    await transaction.CommitAsync();
                }

                await db.Tags.ExecuteUpdateAsync(s => s.SetProperty(t => t.Name, "t"));
                db.Remove(shelf);
                await db.SaveChangesAsync();
            });
        }

        var log = await LogAsync();
        Assert.Equal(20, log.Count);
        Assert.All(log.Chunk(5), changes => Assert.Equal([2, 1, 1, 1, 1], changes.Select(c => c.Length)));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_6_several_batches_are_one_changeset_with_the_stamp_of_the_last(bool async)
    {
        await StartAppAsync("batches of two", o => o.Npgsql = npgsql => npgsql.MaxBatchSize(2));
        var before = await WalAsync();
        await ShopAsync(async db =>
        {
            db.AddRange(Enumerable.Range(1, 7).Select(i => new Price { ItemId = i, Currency = "EUR", Cents = i }));
            await db.SaveAsync(async);
        });
        var changes = Assert.Single(await ReadAsync()).Changeset.Changes;
        var after = await WalAsync();

        Assert.Equal(7, changes.Length);
        var version = Assert.Single(changes.Select(c => c.Version).Distinct());
        Assert.InRange(version, before + 7, after);
    }

    [Fact]
    public async Task Rule_6_versions_of_a_row_grow_over_saves_transactions_and_contexts()
    {
        for (var i = 0; i < 12; i++)
        {
            await ShopAsync(async db =>
            {
                await using var transaction = i % 3 == 0 ? await db.Database.BeginTransactionAsync() : null;
                db.Attach(new Shelf { Id = 1, Name = "unknown" }).Entity.Name = $"{i}";
                await db.SaveChangesAsync();
                if (i % 2 == 0)
                {
                    db.Add(new Tag { Name = "later in it" });
                    await db.SaveChangesAsync();
                }

                await (transaction?.CommitAsync() ?? Task.CompletedTask);
            });
        }

        var versions = (await ReadAsync()).SelectMany(e => e.Changeset.Changes).Where(c => c.Entity.Name == "Shelf").Select(c => c.Version).ToList();
        Assert.Equal(12, versions.Count);
        Assert.Equal(versions.Distinct().Order(), versions);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_6_the_version_of_a_transaction_is_that_of_its_last_write(bool bulk)
    {
        await ShopAsync(first => ShopAsync(async second =>
        {
            await using var transaction = await first.Database.BeginTransactionAsync();
            (await first.Shelves.SingleAsync(s => s.Id == 1)).Name = "first";
            await first.SaveChangesAsync();
            (await second.Shelves.SingleAsync(s => s.Id == 2)).Name = "second";
            await second.SaveChangesAsync();
            if (bulk)
            {
                await first.Shelves.Where(s => s.Id == 2).ExecuteUpdateAsync(s => s.SetProperty(i => i.Name, "third"));
            }
            else
            {
                (await first.Shelves.SingleAsync(s => s.Id == 2)).Name = "third";
                await first.SaveChangesAsync();
            }

            await transaction.CommitAsync();
        }));

        var versions = (await ReadAsync()).Select(e => Assert.Single(e.Changeset.Changes.Select(c => c.Version).Distinct())).ToList();
        Assert.Equal(2, versions.Count);
        Assert.True(versions[0] < versions[1], $"{versions[0]} and then {versions[1]}");
    }

    [Fact]
    public async Task Rule_11_a_changeset_names_its_transaction_as_the_database_does()
    {
        await ShopAsync(async db =>
        {
            db.Add(new Shelf { Name = "third" });
            await db.SaveChangesAsync();
        });

        var stored = await PostgresSql.ReadAsync(database.ConnectionString, "select xmin::text from \"Shelves\" where \"Name\" = 'third'");
        Assert.Equal(stored, Assert.Single(await ReadAsync()).Changeset.Transaction?.ToString());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_log_that_throws_is_counted_and_does_not_fail_a_save_that_is_committed(bool async)
    {
        await StartAppAsync("log that throws", o => o.Services = services =>
        {
            services.AddSingleton<MemoryBackplane>();
            services.AddSingleton<IBackplane, ThrowingLog>();
        });
        using var measured = new Measured(_app.Services);
        await ShopAsync(async db =>
        {
            db.Add(new Shelf { Name = "stored" });
            await db.SaveAsync(async);
            await using var transaction = await db.BeginAsync(async);
            db.Add(new Shelf { Name = "stored too" });
            await db.SaveAsync(async);
            await db.Shelves.ExecuteUpdateAsync(s => s.SetProperty(i => i.Photo, new byte[] { 1 }));
            await transaction.CommitAsync(async);
            Assert.Equal(4, await db.Shelves.CountAsync());
        });

        // Of each changeset the log takes neither the rows nor that they are to be read again.
        Assert.Equal(4, measured[$"livehub.failures capture {typeof(InvalidOperationException)}"]);
        _contexts.Clear();
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_logger_that_throws_does_not_fail_a_save_that_is_committed(bool async)
    {
        await StartAppAsync("everything throws", o => o.Services = services =>
        {
            services.AddSingleton<MemoryBackplane>();
            services.AddSingleton<IBackplane, ThrowingLog>();
            services.AddSingleton<ILogger<ChangesetPublisher>, ThrowingLogger>();
        });
        await ShopAsync(async db =>
        {
            db.Add(new Shelf { Name = "stored" });
            await db.SaveAsync(async);
            Assert.Equal(3, await db.Shelves.CountAsync());
        });
        _contexts.Clear();
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_value_that_cannot_be_read_does_not_fail_the_save_and_its_rows_are_read_again(bool async)
    {
        await GivenAsync<YardDb>(new Ticket { Id = new(1), Name = "good", Color = Color.Red });
        using var measured = new Measured(_app.Services);
        await YardAsync(async db =>
        {
            // The model's converter takes it on the way in, and not on the way out.
            db.Add(new Ticket { Id = new(2), Name = "bad", Price = new(-5) });
            await db.SaveAsync(async);
        });
        Assert.Equal(2L, await PostgresSql.ReadAsync(database.ConnectionString, "select count(*) from \"Ticket\""));
        await AssertTouchedAsync("Ticket");
        Assert.Equal(1, measured[$"livehub.failures capture {typeof(FormatException)}"]);
        await PostgresServer.ExecuteAsync(database.ConnectionString, "delete from \"Ticket\" where \"Id\" = 2");
    }

    /// <summary>The position of the database's log, in a version's unit.</summary>
    private async Task<long> WalAsync()
        => (long)(decimal)(await PostgresSql.ReadAsync(database.ConnectionString, "select (pg_current_wal_insert_lsn() - '0/0') / 8"))!;

    /// <summary>Takes the tests' marks and nothing else.</summary>
    private sealed class ThrowingLog(MemoryBackplane log) : WrappedLog
    {
        protected override IBackplane Inner => log;

        public override void Append(Changeset changeset)
        {
            if (changeset.Changes is not [{ Entity.Name: nameof(Mark) }])
            {
                throw new InvalidOperationException("The log is full.");
            }

            base.Append(changeset);
        }
    }

    private sealed class ThrowingLogger : ILogger<ChangesetPublisher>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => throw new InvalidOperationException("The disk is full.");
    }
}
