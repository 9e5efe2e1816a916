using LiveHub.Hubs;

namespace LiveHub.Tests.Hubs;

public sealed class EndingTests
{
    private readonly Ending _ending = new();

    [Fact]
    public void All_that_is_going_on_is_cancelled_when_the_connection_ends()
    {
        _ending.Begin();
        _ending.Begin();
        var token = _ending.Token;
        _ending.Finish();
        Assert.Equal(token, _ending.Token);
        Assert.False(_ending.HasEnded);
        _ending.End();
        Assert.True(_ending.HasEnded);
        Assert.True(token.IsCancellationRequested);
    }

    [Fact]
    public void What_is_finished_hears_no_more_of_it()
    {
        _ending.Begin();
        var token = _ending.Token;
        _ending.Finish();
        _ending.Begin();
        _ending.End();
        Assert.False(token.IsCancellationRequested);
        Assert.True(_ending.Token.IsCancellationRequested);
    }

    [Fact]
    public void What_begins_after_the_end_is_cancelled_already()
    {
        _ending.End();
        _ending.Begin();
        Assert.True(_ending.Token.IsCancellationRequested);
        _ending.Finish();
    }
}
