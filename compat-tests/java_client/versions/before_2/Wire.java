import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.apache.kafka.common.requests.RequestHeader;

/** Requests that the client has classes for, but nothing that sends them. */
final class Wire {
    private static final int TIMEOUT_MS = 30_000;

    private Wire() {}

    /** The header of a request without the name of a client. */
    static RequestHeader header(int api, int version) {
        ByteBuffer header = ByteBuffer.allocate(10);
        header.putShort((short) api).putShort((short) version).putInt(1).putShort((short) -1);
        header.flip();
        return RequestHeader.parse(header);
    }

    /** Sends a request to the broker, and gives the answer behind its header. */
    static ByteBuffer ask(String bootstrap, ByteBuffer request) throws IOException {
        int colon = bootstrap.lastIndexOf(':');
        String host = bootstrap.substring(0, colon);
        try (Socket socket = new Socket(host, Integer.parseInt(bootstrap.substring(colon + 1)))) {
            socket.setSoTimeout(TIMEOUT_MS);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(request.remaining());
            out.write(request.array(), request.position(), request.remaining());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] answer = new byte[in.readInt()];
            in.readFully(answer);
            return ByteBuffer.wrap(answer, 4, answer.length - 4).slice();
        }
    }
}
