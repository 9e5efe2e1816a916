using LiveHub.Hubs;

namespace LiveHub.Tests.Hubs;

public sealed class InboxTests
{
    [Fact]
    public void What_was_taken_stays_as_it_was_and_comes_once()
    {
        var inbox = new Inbox<int>();
        var none = inbox.Take();
        inbox.Add(1);
        inbox.Add(2);
        Assert.Empty(none);
        var first = inbox.Take();
        inbox.Add(3);
        Assert.Equal([1, 2], first);
        Assert.Equal([3], inbox.Take());
        Assert.Empty(inbox.Take());
    }

    [Fact]
    public async Task Of_what_many_leave_while_it_is_taken_nothing_is_lost_and_what_one_leaves_stays_in_order()
    {
        const int threads = 4;
        const int items = 20_000;
        var inbox = new Inbox<(int Thread, int Item)>();
        var taken = new List<(int Thread, int Item)>();
        var leaving = Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (var item = 0; item < items; item++)
            {
                inbox.Add((thread, item));
            }
        })));
        while (!leaving.IsCompleted)
        {
            taken.AddRange(inbox.Take());
        }

        await leaving;
        taken.AddRange(inbox.Take());
        Assert.Equal(threads * items, taken.Count);
        Assert.All(taken.GroupBy(t => t.Thread), of => Assert.Equal(Enumerable.Range(0, items), of.Select(t => t.Item)));
    }
}
