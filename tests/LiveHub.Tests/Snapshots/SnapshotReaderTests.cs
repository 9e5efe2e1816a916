using System.Text;
using LiveHub.Backplane;
using LiveHub.Capture;
using LiveHub.Model;
using LiveHub.Snapshots;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LiveHub.Tests.Snapshots;

public sealed class SnapshotReaderTests(CatalogServer server) : IClassFixture<CatalogServer>, IAsyncLifetime
{
    private const int ChunkBytes = 24 * 1024;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        server.Sent.Before = _ => Task.CompletedTask;
        return new(server.ExecuteAsync("delete from \"Genres\"; delete from \"Covers\""));
    }

    public ValueTask DisposeAsync()
    {
        server.Sent.Before = _ => Task.CompletedTask;
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task P8_shapes_read_together_are_of_one_moment_whatever_is_committed_in_between()
    {
        await server.SaveAsync(new Genre { Name = "first" }, new Cover { Hash = [1] });
        var reads = 0;
        server.Sent.Before = async _ =>
        {
            if (++reads == 2)
            {
                await server.ExecuteAsync("""insert into "Genres" values (gen_random_uuid(), 'later'); insert into "Covers" values ('\x02', 'later'); update "Covers" set "Name" = 'changed'""");
            }
        };
        var rows = await server.ReadAllAsync(server.Shape("Genre"), server.Shape("Cover"), server.Shape("Genre"));
        Assert.Equal(3, reads);
        Assert.Single(rows[0]);
        Assert.Equal("""{"hash":"AQ==","name":""}""", Assert.Single(rows[1]).ToJsonString());
        Assert.Single(rows[2]);
        Assert.Equal(2, (await server.ReadAsync(server.Shape("Cover"))).Count);
    }

    [Fact]
    public async Task P3_rows_come_in_chunks_that_fit_into_a_frame_in_the_order_of_their_keys()
    {
        await server.SaveAsync([.. Enumerable.Range(0, 400).Select(i => new Cover { Hash = [(byte)(i / 256), (byte)i], Name = new string('x', i) })]);
        await server.SaveAsync(new Cover { Hash = [9, 9], Name = new string('y', 100_000) });
        var chunks = (await server.Reader.ReadAsync([server.Shape("Cover")], Stopping)).Rows[0];
        Assert.True(chunks.Chunks.Count > 3);
        Assert.All(chunks.Chunks, chunk => Assert.True(chunk.Length <= ChunkBytes + 8 || Encoding.UTF8.GetString(chunk.Held.Span).Split("},{").Length == 1));
        var rows = CatalogServer.Rows(chunks);
        Assert.Equal(401, rows.Count);
        Assert.Equal(Enumerable.Range(0, 400).Select(i => Convert.ToBase64String([(byte)(i / 256), (byte)i])).Append("CQk="), rows.Select(r => (string)r["hash"]!));
    }

    [Fact]
    public async Task A_shape_without_rows_is_one_empty_chunk()
    {
        var snapshot = await server.Reader.ReadAsync([server.Shape("Genre"), server.Shape("Cover")], Stopping);
        Assert.All(snapshot.Rows, rows => Assert.Equal("]}", Encoding.UTF8.GetString(Assert.Single(rows.Chunks).Held.Span)));
    }

    [Fact]
    public async Task Rule_9_the_position_is_past_everything_that_the_log_holds_when_it_is_read()
    {
        await server.SaveAsync(new Genre { Name = "a" });
        var head = await server.Services.GetRequiredService<IBackplane>().ReadHeadAsync(Stopping);
        Assert.True(head.Offset > 0);
        Assert.True((await server.Reader.ReadAsync([server.Shape("Genre")], Stopping)).Seen.Offset >= head.Offset);
    }

    [Fact]
    public async Task Rule_9_the_moment_that_is_seen_and_its_position_are_settled_before_the_first_row_is_read()
    {
        await server.SaveAsync(new Genre { Name = "first" });
        var log = server.Services.GetRequiredService<IBackplane>();
        var head = await log.ReadHeadAsync(Stopping);
        server.Sent.Before = async _ =>
        {
            server.Sent.Before = _ => Task.CompletedTask;
            await server.SaveAsync(new Genre { Name = "later" });
        };
        var snapshot = await server.Reader.ReadAsync([server.Shape("Genre"), server.Shape("Genre")], Stopping);
        Assert.All(snapshot.Rows, rows => Assert.Single(CatalogServer.Rows(rows)));
        Assert.Equal((head, head), (snapshot.From, snapshot.Seen));
        Assert.Equal(head.Offset + 1, (await log.ReadHeadAsync(Stopping)).Offset);
    }

    [Fact]
    public async Task Rule_9_a_snapshot_waits_for_commits_of_this_process_that_are_not_in_the_log_yet()
    {
        var window = new CommitWindow(new StoppedClock());
        using var reader = Create(new(), window: window);
        using var free = Create(new());
        var ticket = window.Open();
        var reading = reader.ReadAsync([server.Shape("Genre")], Stopping);
        for (var i = 0; i < 3; i++)
        {
            await free.ReadAsync([server.Shape("Genre")], Stopping);
        }

        Assert.False(reading.IsCompleted);
        var log = server.Services.GetRequiredService<IBackplane>();
        log.Append(Catalog.Changeset());
        var head = await log.ReadHeadAsync(Stopping);
        ticket.Close();
        Assert.True((await reading).Seen.Offset >= head.Offset);
    }

    [Fact]
    public async Task Rule_12_no_more_snapshots_are_read_at_a_time_than_allowed_and_the_rest_wait_their_turn()
    {
        using var reader = Create(new() { MaxConcurrentSnapshots = 2 });
        var two = new TaskCompletionSource();
        var (now, most) = (0, 0);
        server.Sent.Before = async _ =>
        {
            lock (two)
            {
                most = Math.Max(most, ++now);
                if (now == 2)
                {
                    two.TrySetResult();
                }
            }

            await two.Task;
            await Task.Yield();
            lock (two)
            {
                now--;
            }
        };
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => reader.ReadAsync([server.Shape("Genre")], Stopping)));
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task Rule_12_a_snapshot_that_takes_too_long_is_given_up_and_its_turn_is_free_again()
    {
        var clock = new StoppedClock();
        using var reader = Create(new() { MaxConcurrentSnapshots = 1 }, clock);
        await using (var other = new NpgsqlConnection(server.ConnectionString))
        {
            await other.OpenAsync(Stopping);
            await using var transaction = await other.BeginTransactionAsync(Stopping);
            await using var locking = new NpgsqlCommand("lock table \"Genres\" in access exclusive mode", other, transaction);
            await locking.ExecuteNonQueryAsync(Stopping);
            var sent = new TaskCompletionSource();
            server.Sent.Before = _ =>
            {
                sent.TrySetResult();
                return Task.CompletedTask;
            };
            var reading = reader.ReadAsync([server.Shape("Genre")], Stopping);
            await sent.Task;
            Assert.False(reading.IsCompleted);
            clock.TimeIsUp();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
            await transaction.RollbackAsync(Stopping);
        }

        Assert.Single((await reader.ReadAsync([server.Shape("Genre")], Stopping)).Rows);
        Assert.All(clock.Asked, asked => Assert.Equal(new LiveHubOptions().SnapshotTimeout, asked));
    }

    [Fact]
    public async Task A_failing_read_frees_its_turn()
    {
        using var reader = Create(new() { MaxConcurrentSnapshots = 1 });
        server.Sent.Before = _ => throw new InvalidOperationException("broken");
        await Assert.ThrowsAsync<InvalidOperationException>(() => reader.ReadAsync([server.Shape("Genre")], Stopping));
        server.Sent.Before = _ => Task.CompletedTask;
        Assert.Single((await reader.ReadAsync([server.Shape("Genre")], Stopping)).Rows);
    }

    [Fact]
    public async Task A_reader_that_is_cancelled_while_it_waits_takes_no_turn()
    {
        using var reader = Create(new() { MaxConcurrentSnapshots = 1 });
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        server.Sent.Before = async _ =>
        {
            entered.TrySetResult();
            await gate.Task;
        };
        var first = reader.ReadAsync([server.Shape("Genre")], Stopping);
        await entered.Task;
        using var cancel = new CancellationTokenSource();
        var second = reader.ReadAsync([server.Shape("Genre")], cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.SetResult();
        await first;
        Assert.Single((await reader.ReadAsync([server.Shape("Genre")], Stopping)).Rows);
    }

    [Fact]
    public async Task Rule_12_rows_beyond_the_bound_are_in_a_file_and_the_same()
    {
        await server.SaveAsync([.. Enumerable.Range(0, 400).Select(i => new Cover { Hash = [(byte)(i / 256), (byte)i], Name = new string('x', i) })]);
        await server.SaveAsync(new Cover { Hash = [9, 9], Name = new string('y', 100_000) });
        using var measured = new Measured(server.Services);
        using var reader = Create(new() { SnapshotMemoryBytes = 64 << 10 });
        using (var snapshot = await reader.ReadAsync([server.Shape("Cover"), server.Shape("Genre"), server.Shape("Cover")], Stopping))
        {
            var chunks = snapshot.Rows.SelectMany(r => r.Chunks).ToList();
            Assert.InRange(chunks.Where(c => c.IsHeld).Sum(c => c.Length), 1, 64 << 10);
            Assert.Equal(chunks.Where(c => !c.IsHeld).Sum(c => c.Length), measured["livehub.spool.bytes"]);
            Assert.Equal(snapshot.Rows.Select(r => r.Bytes), snapshot.Rows.Select(r => r.Chunks.Sum(c => (long)c.Length)));
            foreach (var rows in (SnapshotRows[])[snapshot.Rows[0], snapshot.Rows[2]])
            {
                Assert.Equal(
                    Enumerable.Range(0, 400).Select(i => (Convert.ToBase64String([(byte)(i / 256), (byte)i]), i)).Append(("CQk=", 100_000)),
                    CatalogServer.Rows(rows).Select(r => ((string)r["hash"]!, ((string)r["name"]!).Length)));
            }
        }

        Assert.Equal(0, measured["livehub.spool.bytes"]);
    }

    [Fact]
    public async Task Rule_12_a_read_that_fails_or_is_given_up_leaves_no_file()
    {
        await server.SaveAsync([.. Enumerable.Range(0, 20).Select(i => new Cover { Hash = [(byte)i], Name = new string('x', 20_000) })]);
        using var measured = new Measured(server.Services);
        var inProgress = Routing.Pieces.InProgress();
        foreach (var failure in new[] { new InvalidOperationException("The database is away."), (Exception)new OperationCanceledException() })
        {
            var reads = 0;
            long most = 0;
            server.Sent.Before = _ =>
            {
                most = Math.Max(most, measured["livehub.spool.bytes"]);
                return ++reads == 2 ? throw failure : Task.CompletedTask;
            };
            using var reader = Create(new() { SnapshotMemoryBytes = 64 << 10 }, inProgress: inProgress);
            await Assert.ThrowsAnyAsync<Exception>(() => reader.ReadAsync([server.Shape("Cover"), server.Shape("Genre")], Stopping));
            Assert.True(most > 0);
            Assert.Equal((0, long.MaxValue), (measured["livehub.spool.bytes"], inProgress.NeededAfter(DateTimeOffset.UtcNow)));
        }
    }

    [Fact]
    public async Task Rule_10_a_snapshot_is_in_progress_from_before_it_is_read_until_nobody_needs_it()
    {
        var inProgress = Routing.Pieces.InProgress();
        using var reader = Create(new(), inProgress: inProgress);
        server.Sent.Before = _ =>
        {
            Assert.NotEqual(long.MaxValue, inProgress.NeededAfter(DateTimeOffset.UtcNow));
            return Task.CompletedTask;
        };
        using (var snapshot = await reader.ReadAsync([server.Shape("Genre")], Stopping))
        {
            Assert.InRange(inProgress.NeededAfter(DateTimeOffset.UtcNow), 0, snapshot.From.Offset);
        }

        Assert.Equal(long.MaxValue, inProgress.NeededAfter(DateTimeOffset.UtcNow));
    }

    private SnapshotReader Create(LiveHubOptions options, TimeProvider? time = null, CommitWindow? window = null, SnapshotsInProgress? inProgress = null) => new(
        server.Services.GetRequiredService<LiveModel>(), new Databases([]), server.Services.GetRequiredService<IBackplane>(), window ?? new(TimeProvider.System),
        inProgress ?? Routing.Pieces.InProgress(), server.Services.GetRequiredService<SpoolFolder>(), server.Services.GetRequiredService<IServiceScopeFactory>(), Options.Create(options), time ?? TimeProvider.System);
}
