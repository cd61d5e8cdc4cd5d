"""strategy.py: a worker's helpers over boto3, Pillow and a lock in Redis, as the strategy writes them, to be measured against and counted.

One thing is repaired, without which they do not run: the size is taken before the upload, which closes the buffer of what is below 8 MiB.
Client, lock and folder are set by whoever runs them (use). create_thumbnail shrinks its caller's image, as it always did."""
import io
import logging
import pathlib
from datetime import datetime

from PIL import Image

logger = logging.getLogger(__name__)
EFS_MODELS_PATH = pathlib.Path("/models")
S3_MODELS_BUCKET = "pingvas-studio-models"
BUCKET_NAME = "pingvas-studio-images"
CLOUDFRONT_DOMAIN = "d1234567890abc.cloudfront.net"


def use(client, lock=None, models=None):
    global s3_client, redis_lock, EFS_MODELS_PATH
    s3_client, redis_lock, EFS_MODELS_PATH = client, lock, models


# ---- the helpers ----

def load_model_from_efs(model_name: str, base_model: str):
    model_path = EFS_MODELS_PATH / base_model / f"{model_name}.safetensors"

    if model_path.exists():
        logger.info(f"Model {model_name} found in EFS cache")
        return str(model_path)

    lock_key = f"model:download:lock:{model_name}"

    with redis_lock(lock_key, timeout=600):
        if model_path.exists():
            logger.info(f"Model {model_name} downloaded by another worker")
            return str(model_path)

        logger.info(f"Downloading model {model_name} from S3...")
        s3_key = f"{base_model}/{model_name}.safetensors"

        model_path.parent.mkdir(parents=True, exist_ok=True)

        s3_client.download_file(
            Bucket=S3_MODELS_BUCKET,
            Key=s3_key,
            Filename=str(model_path)
        )

        logger.info(f"Model {model_name} cached to EFS")

    return str(model_path)


def upload_image_to_s3(
    image: Image.Image,
    user_id: str,
    job_id: str,
    format: str = "png"
) -> dict:
    now = datetime.utcnow()
    s3_key = f"{user_id}/{now.year}/{now.month:02d}/{job_id}.{format}"

    buffer = io.BytesIO()
    image.save(buffer, format=format.upper(), quality=95)
    file_size = buffer.getbuffer().nbytes
    buffer.seek(0)

    s3_client.upload_fileobj(
        buffer,
        BUCKET_NAME,
        s3_key,
        ExtraArgs={
            "ContentType": f"image/{format}",
            "Metadata": {
                "user_id": user_id,
                "job_id": job_id,
                "uploaded_at": now.isoformat()
            }
        }
    )

    thumbnail = create_thumbnail(image, size=(256, 256))
    thumbnail_key = f"{user_id}/{now.year}/{now.month:02d}/thumbnails/{job_id}.webp"

    thumbnail_buffer = io.BytesIO()
    thumbnail.save(thumbnail_buffer, format="WEBP", quality=85)
    thumbnail_buffer.seek(0)

    s3_client.upload_fileobj(
        thumbnail_buffer,
        BUCKET_NAME,
        thumbnail_key,
        ExtraArgs={"ContentType": "image/webp"}
    )

    return {
        "s3_bucket": BUCKET_NAME,
        "s3_key": s3_key,
        "thumbnail_key": thumbnail_key,
        "file_size": file_size
    }


def create_thumbnail(image: Image.Image, size: tuple) -> Image.Image:
    image.thumbnail(size, Image.Resampling.LANCZOS)
    return image


def get_image_url(s3_key: str) -> str:
    return f"https://{CLOUDFRONT_DOMAIN}/{s3_key}"


def get_thumbnail_url(s3_key: str) -> str:
    base_path = "/".join(s3_key.split("/")[:-1])
    filename = s3_key.split("/")[-1].replace(".png", ".webp")

    thumbnail_key = f"{base_path}/thumbnails/{filename}"

    return f"https://{CLOUDFRONT_DOMAIN}/{thumbnail_key}"
