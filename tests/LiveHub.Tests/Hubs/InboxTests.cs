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
}
