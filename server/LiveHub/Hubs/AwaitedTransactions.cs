using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Protocol;

namespace LiveHub.Hubs;

/// <summary>The transactions that one client wants to see: it is told when what they committed was sent, as far as anything of it is of its connection.</summary>
internal sealed class AwaitedTransactions(SyncConnectionFactory shared, string connection, ConnectionPump pump, Ending ending)
{
    /// <summary>A client may wait for as many at one time.</summary>
    private const int Max = 1_000;

    private int _count;

    /// <param name="token">What the client was given by the header.</param>
    public void Add(string token)
    {
        if (token.Length > RequestTransactions.MaxTokenLength)
        {
            pump.Send(ServerMessages.Error(ErrorCodes.UnknownTransaction, "This is too long for a value of the header LiveHub-Transaction."));
        }
        else if (RequestTransactions.Parse(token) is not { } transactions)
        {
            Refuse(token, ErrorCodes.UnknownTransaction, "This is not a value of the header LiveHub-Transaction.");
        }
        else if (Interlocked.Increment(ref _count) > Max)
        {
            Interlocked.Decrement(ref _count);
            Refuse(token, ErrorCodes.TooManyTransactions, $"A connection may wait for {Max} transactions. Wait for some of them first.");
        }
        else
        {
            _ = AnswerAsync(token, transactions);
        }
    }

    /// <summary>A place is taken until the answer is written: who does not read does not make answers gather.</summary>
    private async Task AnswerAsync(string token, IReadOnlyList<ChangesetId> transactions)
    {
        ending.Begin();
        try
        {
            long through = 0;
            foreach (var transaction in transactions)
            {
                through = Math.Max(through, await shared.Router.WaitForAsync(transaction, shared.Publisher.IsToCome(transaction), shared.Options.TransactionTimeout, ending.Token));
            }

            await pump.SendAfterAsync(through, ServerMessages.Seen(token)).WaitAsync(ending.Token);
        }
        catch (TimeoutException)
        {
            Refuse(token, ErrorCodes.UnknownTransaction,
                $"It has not come in {shared.Options.TransactionTimeout}: it is of another application, or was lost with the process that committed it.");
        }
        catch (Exception) when (ending.HasEnded)
        {
            // Nobody waits any longer.
        }
        catch (Exception e)
        {
            shared.Logger.MessageFailed(connection, e);
            shared.Metrics.Failed(Stages.Message, e);
            Refuse(token, ErrorCodes.Internal, "The server failed on this message; its log says why.");
        }
        finally
        {
            ending.Finish();
            Interlocked.Decrement(ref _count);
        }
    }

    private void Refuse(string token, string code, string message) => pump.Send(ServerMessages.NotSeen(code, message, token));
}
