using System.Text.Json;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tool;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public class ExitCodeTests
{
    private static readonly (Exception Error, int Code)[] Expected =
    [
        (new OperationCanceledException(), 130),
        (new TaskCanceledException(), 130),
        (new UsageException("x"), 2),
        (new JsonException("x"), 2),
        (new FileNotFoundException("x"), 3),
        (new InvalidDataException("x"), 3),
        (new SequenceFormatException("x"), 3),
        (new ArgumentOutOfRangeException("inputSchema"), 3),
        (new OutputException("x", new IOException("No space left on device")), 1),
        (new IOException("x"), 1),
        (new ArithmeticException("x"), 1),
        (new AggregateException(new AggregateException(new UsageException("x"))), 2),
    ];

    [TestMethod]
    public void EveryFailureHasItsCode()
    {
        foreach ((Exception error, int code) in Expected)
            Assert.AreEqual(code, ExitCode.Of(error), error.GetType().Name);
    }
}
