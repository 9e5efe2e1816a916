using LiveHub.Backplane;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests;

/// <summary>What the application tells becomes an entry of the log.</summary>
public sealed class LiveHubServiceTests : IDisposable
{
    private readonly ServiceProvider _services = Catalog.ServicesOf<CatalogDb>(Catalog.Expose, more: s => s
        .AddDbContext<ShopDb>(o => o.UseNpgsql("Host=none"))
        .AddLiveHub<ShopDb>(live => live.Expose<Item>().Expose<Tag>())
        .AddDbContext<OtherShopDb>(o => o.UseNpgsql("Host=none"))
        .AddLiveHub<OtherShopDb>(live => live.Expose<Item>(name: "OtherItem")));

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    private ILiveHub Live => _services.GetRequiredService<ILiveHub>();

    private IBackplane Log => _services.GetRequiredService<IBackplane>();

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Rule_5_an_invalidation_is_an_entry_of_the_log()
    {
        await Live.InvalidateAsync<Book>(Stopping);
        await Live.InvalidateAsync<Book>(b => b.ShelfId == 1 && b.Stars > 2, Stopping);
        await Live.InvalidateAsync("BookGenre", Stopping);
        Assert.Equal(["Book", "Book ShelfId: 1", "BookGenre"], await TakeAsync());
    }

    [Fact]
    public async Task Keys_are_values_or_lists_in_the_order_of_the_key()
    {
        await Live.InvalidateAsync<Book>([1, 2L, (byte)3], Stopping);
        await Live.InvalidateAsync<Copy>([new object[] { 1, "a" }, new object[] { 2, "b" }], Stopping);
        await Live.InvalidateAsync<Author>([new AuthorId(5)], Stopping);
        await Live.InvalidateAsync<Cover>([new byte[] { 1 }], Stopping);
        Assert.Equal(["Book Id: 1 2 3", "Copy BookId+Place: 1,a 2,b", "Author Id: AuthorId { Value = 5 }", "Cover Hash: System.Byte[]"], await TakeAsync());
    }

    [Fact]
    public async Task No_keys_are_nothing_and_very_many_are_the_whole_entity()
    {
        await Live.InvalidateAsync<Book>([], Stopping);
        Assert.Empty(await TakeAsync());
        await Live.InvalidateAsync<Book>(Enumerable.Range(0, 1001).Cast<object>(), Stopping);
        Assert.Equal(["Book"], await TakeAsync());
    }

    [Fact]
    public async Task Every_registration_of_the_type_is_meant_in_one_changeset()
    {
        await Live.InvalidateAsync<Item>(i => i.ShelfId == 1, Stopping);
        Assert.Equal(["Item ShelfId: 1", "OtherItem ShelfId: 1"], await TakeAsync());
        Assert.Equal(1, (await Log.ReadHeadAsync(Stopping)).Offset);
    }

    [Fact]
    public async Task What_is_not_exposed_or_no_key_is_refused_with_what_to_do()
    {
        Assert.Contains("Expose<Note>()", (await Refused(() => Live.InvalidateAsync<Note>())).Message);
        Assert.Contains("BookGenre", (await Refused(() => Live.InvalidateAsync("Nothing"))).Message);
        object?[] wrong = ["1", 1.5, 5_000_000_000L, null, new object[] { 1 }];
        foreach (var key in wrong)
        {
            Assert.Contains("It takes Int32 Id.", (await Refused(() => Live.InvalidateAsync<Book>([key!]))).Message);
        }

        wrong = [1, new object[] { 1 }, new object[] { "a", 1 }, new object[] { 1, "a", 2 }, new object?[] { 1, null }, null];
        foreach (var key in wrong)
        {
            Assert.Contains("It takes an object[] of Int32 BookId, String Place.", (await Refused(() => Live.InvalidateAsync<Copy>([key!]))).Message);
        }

        Assert.Empty(await TakeAsync());

        static Task<ArgumentException> Refused(Func<Task> call) => Assert.ThrowsAsync<ArgumentException>(call);
    }

    [Fact]
    public async Task Rule_5_it_comes_after_the_saves_whose_commits_it_may_follow()
    {
        var ticket = _services.GetRequiredService<CommitWindow>().Open();
        var telling = Live.InvalidateAsync<Book>(Stopping);
        Assert.False(telling.IsCompleted);
        Log.Append(Catalog.Changeset());
        ticket.Close();
        await telling;
        Assert.Equal(["Book"], await TakeAsync());
        Assert.Equal(2, (await Log.ReadHeadAsync(Stopping)).Offset);
    }

    [Fact]
    public async Task A_cancelled_call_tells_nothing()
    {
        using var cancel = new CancellationTokenSource();
        _services.GetRequiredService<CommitWindow>().Open();
        var telling = Live.InvalidateAsync<Book>(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => telling);
        Assert.Empty(await TakeAsync());
    }

    private async Task<List<string>> TakeAsync()
    {
        var head = await Log.ReadHeadAsync(Stopping);
        return [.. (await Log.ReadRangeAsync(0, head.Offset, Stopping))!.SelectMany(e => e.Changeset.Invalidations).Select(Show)];
    }

    private static string Show(Invalidation invalidation) => string.Join(' ', invalidation.Terms
        .Select(t => $"{string.Join('+', t.Columns.Select(c => c.Property.Name))}: {string.Join(' ', t.Values)}").Prepend(invalidation.Entity.Name));

    private sealed class OtherShopDb(DbContextOptions<OtherShopDb> options) : DbContext(options)
    {
        public DbSet<Item> Items => Set<Item>();
    }
}
