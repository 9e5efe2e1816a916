using System.Data.Common;
using LiveHub.Model;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Hubs;

public sealed class LateChangeTests(PostgresServer server)
{
    [Fact]
    public async Task Rule_7_a_change_that_comes_late_while_a_snapshot_is_read_does_not_take_its_row_back()
    {
        var gate = new Gate();
        await using var shop = await Shop.StartAsync(server, services: s => s.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(gate)));
        await shop.AddItemsAsync(1, "cup");
        await shop.WithDbAsync(db => db.Items.ExecuteUpdateAsync(set => set.SetProperty(i => i.Name, "vase")));
        await AppendAsync(shop, "bowl", "vase", version: 1_001);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        gate.Close();
        await client.SubscribeAsync(1, "Item");
        await gate.Reached;
        await AppendAsync(shop, "cup", "bowl", version: 1_000);
        gate.Open();
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        Assert.Equal(await shop.Log.ReadHeadAsync(default), shop.Router.Routed);
        Assert.Equal("vase", (string?)view.Rows(1)!["1"]["name"]);
    }

    private static async Task AppendAsync(Shop shop, string before, string after, long version)
    {
        var item = shop.App.Services.GetRequiredService<LiveModel>().Find("Item")!;
        shop.Log.Append(Catalog.Changeset(Catalog.Change(item, Row(before), Row(after), version)));
        await shop.Router.WaitForAsync((await shop.Log.ReadHeadAsync(default)).Offset, TestContext.Current.CancellationToken);

        Row Row(string name) => Catalog.Row(item, ("Id", 1), ("ShelfId", 1), ("Name", name), ("Done", false), ("IsDeleted", false), ("Secret", ""), ("Ignored", ""));
    }

    /// <summary>Holds queries up while it is closed.</summary>
    private sealed class Gate : DbCommandInterceptor
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isClosed;

        public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(20));

        public void Close() => _isClosed = true;

        public void Open() => _opened.TrySetResult();

        public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            if (_isClosed)
            {
                _reached.TrySetResult();
                await _opened.Task.WaitAsync(cancellationToken);
            }

            return result;
        }
    }
}
