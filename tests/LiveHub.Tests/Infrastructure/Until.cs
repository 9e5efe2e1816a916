namespace LiveHub.Tests.Infrastructure;

/// <summary>Waits for something that comes to be without an event.</summary>
public static class Until
{
    public static Task TrueAsync(Func<bool> condition, Func<string> otherwise, TimeSpan? patience = null) => TrueAsync(() => Task.FromResult(condition()), otherwise, patience);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> otherwise, TimeSpan? patience = null)
    {
        var deadline = DateTime.UtcNow + (patience ?? TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < deadline, otherwise());
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
